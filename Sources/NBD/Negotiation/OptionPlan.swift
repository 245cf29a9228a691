/// What to do with an option, decided from its header alone: before any memory is taken.
enum OptionPlan {
  /// Its data is needed; the length was found to be within bounds.
  case collect(CollectedOption)
  /// Its data is dropped, then the answer is given.
  case skip(then: SkippedAnswer)
  case close(NegotiationFailure)
}

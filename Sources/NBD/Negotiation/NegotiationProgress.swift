/// What became of a piece of input.
public struct NegotiationProgress: Hashable, Sendable, BitwiseCopyable {
  /// Bytes taken off the front of the input: all of it while more is needed.
  ///
  /// The rest belongs to transmission, or to nobody after a close.
  public let consumedBytes: Int
  public let state: NegotiationState

  public init(consumedBytes: Int, state: NegotiationState) {
    self.consumedBytes = consumedBytes
    self.state = state
  }
}

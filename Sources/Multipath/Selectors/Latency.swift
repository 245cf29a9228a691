internal import BlockIO

extension SelectorKind {
  /// The path on which the attempt is expected to end first: its usual time, once for every attempt before
  /// it. What is known of a path ages: one that has not been tried for a while, and has nothing
  /// outstanding, gets one attempt, so that a path that was slow once is not shunned for ever.
  static let latency = SelectorKind(
    name: "latency",
    summary: "the path that is expected to answer first, from its recent times",
    spreads: true,
    choose: { table, question in
      if let stale = table.stale(question) { return stale }
      return table.best(of: question.candidates) { $0.expectedTime < $1.expectedTime }
    })

  /// After this long without an answer, what is known of a path no longer counts.
  fileprivate static let staleAfter = Interval.milliseconds(500)
}

extension PathRecord {
  /// Nanoseconds until one more attempt would be answered.
  fileprivate var expectedTime: UInt64 {
    UInt64(outstanding + 1) &* averageTime.nanoseconds
  }
}

extension PathTable {
  fileprivate mutating func stale(_ question: SelectorQuestion) -> PathIndex? {
    var remaining = question.candidates
    while let path = remaining.first {
      remaining.remove(path)
      guard self[path].outstanding == 0,
        question.now - self[path].answeredAt >= SelectorKind.staleAfter,
        question.now - self[path].triedAt >= SelectorKind.staleAfter
      else { continue }
      self[path].triedAt = question.now
      choices &+= 1
      self[path].chosenAt = choices
      return path
    }
    return nil
  }
}

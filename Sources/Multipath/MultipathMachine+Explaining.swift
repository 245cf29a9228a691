internal import BasicContainers
internal import BlockIO

/// Keeps the facts of each decision that an operator may ask about. Nothing here decides anything.
extension MultipathMachine {
  /// An attempt this many times slower than the path's p99.9 is worth a record.
  static var slowFactor: UInt64 { 10 }

  /// The facts as they are now, before the machine acts on them.
  func decision(
    _ kind: Decision.Kind, _ path: PathIndex, cause: FaultCause, waited: Interval, at now: Instant
  ) -> Decision {
    var decision = Decision()
    decision.kind = kind
    decision.path = path
    decision.at = now
    decision.cause = cause
    decision.waited = waited
    decision.patience = patience(path)
    decision.usual = table[path].usual
    decision.live = table[path].live
    for position in 0..<table.orderedCount {
      let other = table.ordered(position)
      guard other != path, decision.alternativeCount < Decision.alternativesMax else { continue }
      decision.alternatives[decision.alternativeCount] = Decision.Alternative(
        path: other, state: pathState(other), outstanding: table[other].outstanding,
        averageTime: table[other].averageTime, priority: table[other].priority)
      decision.alternativeCount += 1
    }
    return decision
  }

  mutating func remember(_ decision: Decision) {
    var decision = decision
    decision.successor = active
    decisions.append(decision)
  }

  mutating func noteIfSlow(_ attempt: AttemptRecord, at now: Instant) {
    let usual = table[attempt.path].usual.nanoseconds
    let took = now - attempt.issuedAt
    guard usual > 0, took.nanoseconds / Self.slowFactor > usual else { return }
    if decisions.joinSlow(attempt.path, waited: took, at: now) { return }
    let cause = FaultCause(
      errno: 0, operation: attempt.operation, offset: attempt.range.offset)
    remember(decision(.slow, attempt.path, cause: cause, waited: took, at: now))
  }
}

internal import BasicContainers
internal import BlockIO

/// Hedged reads: when a read takes longer than most of its path's, another path is asked too, and the first
/// answer wins. A small credit, earned by reads, bounds the extra load; the delay follows the path's own
/// times, so that when everything is slow nothing is hedged.
extension MultipathMachine {
  mutating func earnHedge() {
    let policy = configuration.hedge
    guard policy.percent > 0 else { return }
    hedgeCredit = min(policy.burst * 100, hedgeCredit + policy.percent)
  }

  /// When the path's oldest unhedged read becomes late.
  func hedgeDeadline(_ path: PathIndex) -> Instant? {
    guard configuration.hedge.percent > 0, configuration.cacheDomain == .shared,
      hedgeCredit >= 100, table.usable.count > 1
    else { return nil }
    let place = table[path].hedgeNext
    guard place != RequestRecord.none, let delay = hedgeDelay(path) else { return nil }
    return max(attempts[Int(place)].issuedAt + delay, table[path].hedgeNotBefore)
  }

  private func hedgeDelay(_ path: PathIndex) -> Interval? {
    let usual = table[path].hedgeAfter
    return usual == .zero ? nil : max(usual, configuration.hedge.floor)
  }

  mutating func hedgeLateReads(at now: Instant, effects: inout Effects) {
    guard configuration.hedge.percent > 0 else { return }
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      while let due = hedgeDeadline(path), !(now < due) {
        let place = table[path].hedgeNext
        guard hedge(place, at: now, effects: &effects) else {
          // Later ones of this path would find nobody either.
          table[path].hedgeNotBefore = now + (hedgeDelay(path) ?? .zero)
          break
        }
        table[path].hedgeNext = attempts[Int(place)].next
      }
    }
  }

  /// False when the read may be hedged and nobody can take it just now: it is looked at again, since a
  /// sibling that was only held up may answer while the late path still does not.
  private mutating func hedge(
    _ place: UInt32, at now: Instant, effects: inout Effects
  ) -> Bool {
    let attempt = attempts[Int(place)]
    guard attempt.operation == .read, !attempt.isGivenUp, isCurrent(attempt) else { return true }
    let slot = attempt.request
    guard requests[Int(slot)].outstanding == 1, requests[Int(slot)].givenUp == 0,
      !requests[Int(slot)].isDisowned,
      !overlapsGhost(attempt.range)
    else { return true }
    var candidates = table.usable.subtracting(requests[Int(slot)].tried).subtracting(suspects)
    candidates.remove(attempt.path)
    if table.hasGroups {
      candidates = table.members(of: candidates, priority: table[attempt.path].priority)
    }
    guard let path = livelySibling(of: candidates, at: now),
      issue(slot, on: path, at: now, effects: &effects)
    else { return false }
    hedgeCredit -= 100
    counters.hedges &+= 1
    return true
  }

  /// The least loaded path that would not be late itself: one that is no slower than usual just now.
  private func livelySibling(of candidates: PathSet, at now: Instant) -> PathIndex? {
    var best: PathIndex?
    var remaining = candidates
    while let path = remaining.first {
      remaining.remove(path)
      let record = table[path]
      let isLate =
        record.live > 0 && now - max(record.answeredAt, record.busySince) >= record.hedgeAfter
      guard !isLate, record.carried < cap(of: path, at: now) else { continue }
      if let chosen = best, table[chosen].outstanding <= record.outstanding { continue }
      best = path
    }
    return best
  }
}

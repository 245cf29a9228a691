internal import BasicContainers
internal import BlockIO

/// Ghosts: attempts that were given up and may still change the medium. An attempt that has started
/// cannot be called back, so a retry elsewhere creates the danger that the first one lands after newer
/// data. What is acknowledged stays safe by one rule: **while an extent has a ghost, nobody else changes
/// it**. The retry itself carries the same data and may; later changes wait until the ghost has answered,
/// which proves that it can do nothing more.
extension MultipathMachine {
  /// Whether an attempt may be given up.
  ///
  /// Reads always. A flush where another path can vouch for it. A change only in a shared cache domain
  /// and when no other change of the same bytes is under way: that one could be acknowledged,
  /// and then be overwritten by the ghost.
  func mayGiveUp(_ attempt: AttemptRecord) -> Bool {
    switch attempt.operation {
    case .read: return true
    case .flush: return configuration.cacheDomain == .shared
    case .write, .discard, .writeZeroes:
      guard configuration.stall.mode == .quarantine, configuration.cacheDomain == .shared,
        ghosts < configuration.stall.ghostsMax
      else { return false }
      return sabotage.ignoresGhosts || !isContended(attempt)
    }
  }

  private func isContended(_ attempt: AttemptRecord) -> Bool {
    for slot in 0..<requests.touchedCount {
      let other = requests[slot]
      guard other.phase != .vacant, other.phase != .awaitingGhost,
        other.operation.modifies, UInt32(slot) != attempt.request
      else { continue }
      if other.range.overlaps(attempt.range) { return true }
    }
    return false
  }

  /// Whether a new request would change bytes that a ghost may still change.
  func mustWaitForGhost(_ slot: UInt32) -> Bool {
    let request = requests[Int(slot)]
    guard request.operation.modifies, !sabotage.ignoresGhosts else { return false }
    var left = ghosts
    var place = 0
    while left > 0, place < attempts.touchedCount {
      let attempt = attempts[place]
      place += 1
      guard attempt.isGhost else { continue }
      left -= 1
      let isOwn =
        attempt.request == slot && attempt.requestGeneration == request.generation
      if !isOwn, attempt.range.overlaps(request.range) { return true }
    }
    return false
  }

  /// Whether a ghost may still change any of `range`.
  func overlapsGhost(_ range: ByteRange) -> Bool {
    guard ghosts > 0 else { return false }
    for place in 0..<attempts.touchedCount where attempts[place].isGhost {
      if attempts[place].range.overlaps(range) { return true }
    }
    return false
  }

  mutating func hold(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    if holdQueue.isEmpty { effects.append(.event(.holdingBegan)) }
    counters.held &+= 1
    requests[Int(slot)].phase = .awaitingGhost
    requests[Int(slot)].heldAt = now
    holdQueue.append(slot, in: &requests)
  }

  /// A given-up attempt has answered: whatever it said, it can do nothing more.
  mutating func resolve(
    _ attempt: AttemptRecord, _ token: Token, _ outcome: IOOutcome, at now: Instant,
    effects: inout Effects
  ) {
    if attempt.isGhost { ghosts -= 1 }
    if outcome.verdict == .lost, !attempt.isCut {
      let cause = FaultCause(
        errno: outcome.errno, operation: attempt.operation, offset: attempt.range.offset)
      fault(attempt.path, cause, at: now, effects: &effects)
    }
    if isCurrent(attempt) {
      requests[Int(attempt.request)].givenUp -= 1
      lateAnswer(attempt, token, outcome, at: now, effects: &effects)
    }
    if table[attempt.path].unresolved == 0 {
      if table[attempt.path].cut == 0 { effects.append(.event(.pathResolved(attempt.path))) }
      if !pathQueue.isEmpty { useReturnedPath(at: now, effects: &effects) }
    }
    if attempt.isGhost { releaseHeld(at: now, effects: &effects) }
  }

  /// The request that gave up on the attempt is still under way: the answer may serve it after all.
  private mutating func lateAnswer(
    _ attempt: AttemptRecord, _ token: Token, _ outcome: IOOutcome, at now: Instant,
    effects: inout Effects
  ) {
    let slot = attempt.request
    switch (outcome.verdict, attempt.operation) {
    case (.none, .read):
      finish(slot, .success, winner: token, effects: &effects)
    case (.none, .write), (.none, .discard), (.none, .writeZeroes):
      // Another attempt of this change may be on its way; acknowledged now, that one would be a ghost.
      requests[Int(slot)].landedOn = attempt.path
      goOn(slot, at: now, effects: &effects)
    case (.none, .flush):
      flushCovered(attempt)
      requests[Int(slot)].tried.remove(attempt.path)
      goOn(slot, at: now, effects: &effects)
    case (.target, _):
      requests[Int(slot)].verdictErrno = outcome.errno
      goOn(slot, at: now, effects: &effects)
    case (.doubtful, _), (.lost, _):
      // It may have forgotten since where it had been.
      if !attempt.isCut { requests[Int(slot)].tried.insert(attempt.path) }
      note(outcome, in: slot)
      if requests[Int(slot)].givenUp == 0 { goOn(slot, at: now, effects: &effects) }
    }
  }

  /// A request that has no attempt under way, and waits perhaps, looks at where it stands.
  mutating func goOn(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    guard requests[Int(slot)].outstanding == 0 else { return }
    leaveQueue(slot, effects: &effects)
    requests[Int(slot)].phase = .trying
    retry(slot, at: now, effects: &effects)
  }

  /// Everything that waited for a ghost or a fence and need not any more, in the order of its arrival.
  mutating func releaseHeld(at now: Instant, effects: inout Effects) {
    guard unfenced.isEmpty || sabotage.ignoresFences else { return }
    for _ in 0..<holdQueue.count {
      let slot = holdQueue.head
      holdQueue.remove(slot, in: &requests)
      if ghosts > 0, mustWaitForGhost(slot) {
        holdQueue.append(slot, in: &requests)
        continue
      }
      if holdQueue.isEmpty { effects.append(.event(.holdingEnded)) }
      counters.heldNanoseconds &+= (now - requests[Int(slot)].heldAt).nanoseconds
      requests[Int(slot)].phase = .trying
      requests[Int(slot)].offered = requests[Int(slot)].offered.union(table.usable)
      dispatch(slot, at: now, effects: &effects)
    }
  }

  mutating func expireHeld(at now: Instant, effects: inout Effects) {
    while !holdQueue.isEmpty {
      let slot = holdQueue.head
      let waited = now - requests[Int(slot)].heldAt
      guard waited >= configuration.stall.holdTimeout else { return }
      finish(slot, .failure(errno: Errno.eio), effects: &effects)
    }
  }
}

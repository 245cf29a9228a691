internal import BasicContainers
public import BlockIO

/// What became of attempts.
extension MultipathMachine {
  /// The answer to an attempt, exactly one each.
  public mutating func attemptFinished(
    _ token: Token, outcome: IOOutcome, at now: Instant, effects: inout Effects
  ) {
    let attempt = retire(token)
    count(outcome, attempt)
    if configuration.fence.isRequired, attempt.operation.modifies {
      noteChange(attempt, at: now, effects: &effects)
    }
    noteAnswer(attempt, outcome, at: now)
    if attempt.isGivenUp {
      resolve(attempt, token, outcome, at: now, effects: &effects)
    } else {
      conclude(attempt, token, outcome, at: now, effects: &effects)
    }
    finishLeaving(attempt.path, at: now, effects: &effects)
    if hasHeldForFence { useAllRoom(at: now, effects: &effects) }
    useRoom(at: now, effects: &effects)
    if !suspects.isEmpty { judgeSuspects(at: now, effects: &effects) }
  }

  /// There was no buffer for an attempt that needed one of its own: it never happened. The request waits
  /// for the attempt it has, or for memory.
  public mutating func attemptRefused(
    _ token: Token, at now: Instant, effects: inout Effects
  ) {
    let attempt = retire(token)
    let slot = attempt.request
    table[attempt.path].counters.attempts &-= 1
    if isCurrent(attempt) {
      if attempt.isGivenUp {
        // Its path was found to be silent in the same turn.
        requests[Int(slot)].givenUp -= 1
        requests[Int(slot)].tried.remove(attempt.path)
        if requests[Int(slot)].givenUp == 0 { goOn(slot, at: now, effects: &effects) }
      } else {
        requests[Int(slot)].outstanding -= 1
        waitForMemory(slot, at: now)
      }
    }
    finishLeaving(attempt.path, at: now, effects: &effects)
    useRoom(at: now, effects: &effects)
  }

  /// A hedge that had no memory costs nothing; a request that has nothing else waits, and tries again
  /// soon, since nobody says when there is memory.
  private mutating func waitForMemory(_ slot: UInt32, at now: Instant) {
    guard requests[Int(slot)].outstanding == 0 else {
      hedgeCredit += 100
      counters.hedges &-= 1
      return
    }
    requests[Int(slot)].refusedAt = now
    waitForRoom(slot)
    memoryRetryAt = memoryRetryAt ?? now + .milliseconds(1)
  }

  mutating func retryForMemory(at now: Instant, effects: inout Effects) {
    guard let due = memoryRetryAt, !(now < due) else { return }
    memoryRetryAt = nil
    useAllRoom(at: now, effects: &effects)
  }

  private mutating func count(_ outcome: IOOutcome, _ attempt: AttemptRecord) {
    let path = attempt.path
    guard outcome == .success else {
      table[path].counters.errors &+= 1
      return
    }
    switch attempt.operation {
    case .read:
      table[path].counters.reads &+= 1
      table[path].counters.bytesRead &+= attempt.range.length
    case .write:
      table[path].counters.writes &+= 1
      table[path].counters.bytesWritten &+= attempt.range.length
    case .flush, .discard, .writeZeroes: break
    }
  }

  /// Any answer is a sign of life, and a prompt success a measure of how long the path takes.
  private mutating func noteAnswer(
    _ attempt: AttemptRecord, _ outcome: IOOutcome, at now: Instant
  ) {
    guard !attempt.isCut else { return }
    noteSignOfLife(attempt.path, at: now)
    guard outcome == .success else { return }
    if mediumFaults.count > 0 { mediumFaults.noteSuccess(attempt.operation, attempt.range) }
    guard !attempt.isGivenUp, !attempt.operation.mayTakeLong else { return }
    noteIfSlow(attempt, at: now)
    table.recordLatency(attempt.path, attempt.operation, now - attempt.issuedAt)
  }

  private mutating func conclude(
    _ attempt: AttemptRecord, _ token: Token, _ outcome: IOOutcome, at now: Instant,
    effects: inout Effects
  ) {
    let slot = attempt.request
    guard isCurrent(attempt) else {
      // A hedged read that the other attempt has answered: only what it says of the path counts.
      faultIfBlamed(attempt, outcome, at: now, effects: &effects)
      return
    }
    requests[Int(slot)].outstanding -= 1
    switch outcome.verdict {
    case .none: succeed(slot, attempt, token, at: now, effects: &effects)
    case .target:
      requests[Int(slot)].verdictErrno = outcome.errno
      retry(slot, at: now, effects: &effects)
    case .doubtful, .lost:
      if !attempt.isCut { requests[Int(slot)].tried.insert(attempt.path) }
      note(outcome, in: slot)
      faultIfBlamed(attempt, outcome, at: now, effects: &effects)
      retry(slot, at: now, effects: &effects)
    }
  }

  private mutating func faultIfBlamed(
    _ attempt: AttemptRecord, _ outcome: IOOutcome, at now: Instant, effects: inout Effects
  ) {
    // The path may be back by another connection.
    guard !attempt.isCut else { return }
    switch outcome.verdict {
    case .none, .target: return
    case .doubtful
    where mediumFaults.explain(outcome, attempt.operation, attempt.range):
      // Every path has said the same of this place before.
      return
    case .doubtful, .lost:
      let cause = FaultCause(
        errno: outcome.errno, operation: attempt.operation, offset: attempt.range.offset)
      fault(attempt.path, cause, since: attempt.issuedAt, at: now, effects: &effects)
    }
  }

  /// Goes on with a request after an attempt that did not end it; others of its attempts may still end it.
  mutating func retry(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    guard requests[Int(slot)].outstanding == 0, requests[Int(slot)].phase == .trying else { return }
    let verdict = requests[Int(slot)].verdictErrno
    if let path = requests[Int(slot)].landedOn {
      acknowledgeChange(slot, on: path, effects: &effects)
    } else if requests[Int(slot)].isDisowned {
      finish(slot, .failure(errno: Errno.ecanceled), effects: &effects)
    } else if verdict != 0 {
      finish(slot, .failure(errno: verdict), effects: &effects)
    } else {
      dispatch(slot, at: now, effects: &effects)
    }
  }

  mutating func succeed(
    _ slot: UInt32, _ attempt: AttemptRecord, _ token: Token, at now: Instant,
    effects: inout Effects
  ) {
    switch attempt.operation {
    case .read: finish(slot, .success, winner: token, effects: &effects)
    case .write, .discard, .writeZeroes:
      acknowledgeChange(slot, on: attempt.path, effects: &effects)
    case .flush:
      flushCovered(attempt)
      retry(slot, at: now, effects: &effects)
    }
  }

  private mutating func acknowledgeChange(
    _ slot: UInt32, on path: PathIndex, effects: inout Effects
  ) {
    writeEpoch &+= 1
    table[path].dirtyEpoch = writeEpoch
    // The path it landed on may have been removed since: then the others have to be flushed for it.
    if table[path].tenancy == .vacant { disownWrites(of: path) }
    // Its earlier writes were disowned when it was lost; this one arrived too late for that.
    if case .lost = table[path].service { disownWrites(of: path) }
    finish(slot, .success, effects: &effects)
  }

  /// Remembers the error a client will see: the first one, but a living path's word before a dead one's.
  mutating func note(_ outcome: IOOutcome, in slot: UInt32) {
    let isAnswer = outcome.verdict == .doubtful
    if requests[Int(slot)].errno == 0 || (isAnswer && !requests[Int(slot)].wasAnswered) {
      requests[Int(slot)].errno = outcome.errno
    }
    if isAnswer { requests[Int(slot)].wasAnswered = true }
  }
}

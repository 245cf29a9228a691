internal import BasicContainers
public import BlockIO

extension MultipathMachine {
  /// What became of an attempt. A token that belongs to no outstanding attempt is a programmer's error:
  /// the layer below answers each request exactly once.
  public mutating func attemptFinished(
    _ token: Token, outcome: IOOutcome, at now: Instant, effects: inout Effects
  ) {
    let attempt = retire(token)
    let slot = attempt.request
    let path = attempt.path
    requests[Int(slot)].outstanding -= 1
    count(outcome, of: slot, on: path)
    switch outcome.verdict {
    case .none: succeed(slot, attempt, at: now, effects: &effects)
    case .target: answer(slot, attempt, outcome, at: now, effects: &effects)
    case .doubtful, .lost:
      requests[Int(slot)].tried.insert(path)
      note(outcome, in: slot)
      let cause = FaultCause(
        errno: outcome.errno, operation: requests[Int(slot)].operation,
        offset: requests[Int(slot)].range.offset)
      fault(path, cause, at: now, effects: &effects)
      retry(slot, at: now, effects: &effects)
    }
    finishLeaving(path, at: now, effects: &effects)
    useRoom(at: now, effects: &effects)
  }

  /// Frees the attempt's place and gives back what it held.
  private mutating func retire(_ token: Token) -> AttemptRecord {
    let place = Int(token.slot)
    precondition(token.kind == TokenKind.attempt && place < attempts.count)
    let attempt = attempts[place]
    precondition(
      attempt.isOutstanding && attempt.generation == token.generation,
      "a completion arrived for an attempt that is not outstanding")
    attempts[place].isOutstanding = false
    attempts[place].nextFree = freeAttempt
    freeAttempt = token.slot
    table[attempt.path].outstanding -= 1
    assert(table[attempt.path].outstanding >= 0)
    return attempt
  }

  private mutating func count(_ outcome: IOOutcome, of slot: UInt32, on path: PathIndex) {
    guard outcome == .success else {
      table[path].counters.errors &+= 1
      return
    }
    let length = requests[Int(slot)].range.length
    switch requests[Int(slot)].operation {
    case .read:
      table[path].counters.reads &+= 1
      table[path].counters.bytesRead &+= length
    case .write:
      table[path].counters.writes &+= 1
      table[path].counters.bytesWritten &+= length
    case .flush, .discard, .writeZeroes: break
    }
  }

  private mutating func succeed(
    _ slot: UInt32, _ attempt: AttemptRecord, at now: Instant, effects: inout Effects
  ) {
    switch requests[Int(slot)].operation {
    case .read: finish(slot, .success, effects: &effects)
    case .write, .discard, .writeZeroes:
      writeEpoch &+= 1
      table[attempt.path].dirtyEpoch = writeEpoch
      // Its earlier writes were disowned when it was lost; this one arrived too late for that.
      if case .lost = table[attempt.path].service { disownWrites(of: attempt.path) }
      finish(slot, .success, effects: &effects)
    case .flush:
      flushCovered(attempt)
      retry(slot, at: now, effects: &effects)
    }
  }

  /// The target has answered with an error that any path would have brought: it goes to the client.
  private mutating func answer(
    _ slot: UInt32, _ attempt: AttemptRecord, _ outcome: IOOutcome, at now: Instant,
    effects: inout Effects
  ) {
    requests[Int(slot)].verdictErrno = outcome.errno
    retry(slot, at: now, effects: &effects)
  }

  /// Goes on with a request after an attempt that did not end it; a flush waits for its other attempts.
  private mutating func retry(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    guard requests[Int(slot)].outstanding == 0 else { return }
    let verdict = requests[Int(slot)].verdictErrno
    if verdict != 0 {
      finish(slot, .failure(errno: verdict), effects: &effects)
    } else {
      dispatch(slot, at: now, effects: &effects)
    }
  }

  /// Remembers the error a client will see: the first one, but a living path's word before a dead one's.
  private mutating func note(_ outcome: IOOutcome, in slot: UInt32) {
    let isAnswer = outcome.verdict == .doubtful
    if requests[Int(slot)].errno == 0 || (isAnswer && !requests[Int(slot)].wasAnswered) {
      requests[Int(slot)].errno = outcome.errno
    }
    if isAnswer { requests[Int(slot)].wasAnswered = true }
  }
}

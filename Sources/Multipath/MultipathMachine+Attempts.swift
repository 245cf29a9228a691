internal import BasicContainers
internal import BlockIO

/// The table of outstanding attempts, linked per path in the order of their issue.
extension MultipathMachine {
  /// Starts an attempt. False when no attempt record is free.
  mutating func issue(
    _ slot: UInt32, on path: PathIndex, at now: Instant, effects: inout Effects
  ) -> Bool {
    let place = freeAttempt
    guard place != RequestRecord.none else { return false }
    freeAttempt = attempt(at: Int(place)).next
    attempts.touch(Int(place))
    let operation = requests[Int(slot)].operation
    let range = requests[Int(slot)].range
    let isShared =
      operation == .read && requests[Int(slot)].outstanding + requests[Int(slot)].givenUp > 0
    let generation = (attempts[Int(place)].generation &+ 1) & 0xff_ffff
    attempts[Int(place)] = AttemptRecord(
      isOutstanding: true, operation: operation, range: range, generation: generation,
      request: slot, requestGeneration: requests[Int(slot)].generation, path: path,
      issuedAt: now, flushEpoch: writeEpoch)
    if !requests[Int(slot)].tried.isEmpty { counters.retries &+= 1 }
    requests[Int(slot)].phase = .trying
    requests[Int(slot)].outstanding += 1
    append(place, to: path)
    noteIssue(operation, range.length, on: path, at: now)
    effects.append(
      .issue(
        token: Token(kind: TokenKind.attempt, generation: generation, slot: place),
        slot: slot, path: path, needsOwnBuffer: isShared && !sabotage.sharesReadBuffers))
    return true
  }

  /// What stands at a place of the table: the free places that were never used are a list from the lowest on.
  func attempt(at place: Int) -> AttemptRecord {
    if place < attempts.touchedCount { return attempts[place] }
    return AttemptRecord(next: place + 1 < attempts.count ? UInt32(place + 1) : RequestRecord.none)
  }

  private mutating func noteIssue(
    _ operation: Operation, _ bytes: UInt64, on path: PathIndex, at now: Instant
  ) {
    if table[path].live == 0, !table[path].probe.isInFlight { table[path].busySince = now }
    table[path].outstanding += 1
    table[path].outstandingBytes &+= bytes
    table[path].counters.attempts &+= 1
    if operation.mayTakeLong { table[path].slowOutstanding += 1 }
  }

  /// Frees the attempt's place and gives back what it held.
  ///
  /// A token that belongs to no outstanding attempt is a programmer's error: the layer below answers
  /// each request exactly once.
  mutating func retire(_ token: Token) -> AttemptRecord {
    let place = Int(token.slot)
    precondition(token.kind == TokenKind.attempt && place < attempts.touchedCount)
    let attempt = attempts[place]
    precondition(
      attempt.isOutstanding && attempt.generation == token.generation,
      "a completion arrived for an attempt that is not outstanding")
    unlink(token.slot)
    attempts[place].isOutstanding = false
    attempts[place].isGhost = false
    attempts[place].next = freeAttempt
    freeAttempt = token.slot
    table[attempt.path].outstanding -= 1
    table[attempt.path].outstandingBytes &-= attempt.range.length
    if attempt.isCut {
      table[attempt.path].cut -= 1
      cutAttempts -= 1
    } else if attempt.isGivenUp {
      table[attempt.path].unresolved -= 1
    } else if attempt.operation.mayTakeLong {
      table[attempt.path].slowOutstanding -= 1
    }
    assert(table[attempt.path].outstanding >= 0 && table[attempt.path].unresolved >= 0)
    return attempt
  }

  /// True while the slot still belongs to the request that made the attempt.
  func isCurrent(_ attempt: AttemptRecord) -> Bool {
    requests[Int(attempt.request)].phase != .vacant
      && (requests[Int(attempt.request)].generation == attempt.requestGeneration
        || sabotage.ignoresGenerations)
  }

  private mutating func append(_ place: UInt32, to path: PathIndex) {
    let last = table[path].lastAttempt
    attempts[Int(place)].previous = last
    attempts[Int(place)].next = RequestRecord.none
    if last == RequestRecord.none {
      table[path].firstAttempt = place
    } else {
      attempts[Int(last)].next = place
    }
    table[path].lastAttempt = place
    if table[path].hedgeNext == RequestRecord.none { table[path].hedgeNext = place }
  }

  private mutating func unlink(_ place: UInt32) {
    let path = attempts[Int(place)].path
    let next = attempts[Int(place)].next
    let previous = attempts[Int(place)].previous
    if table[path].hedgeNext == place { table[path].hedgeNext = next }
    if previous == RequestRecord.none {
      table[path].firstAttempt = next
    } else {
      attempts[Int(previous)].next = next
    }
    if next == RequestRecord.none {
      table[path].lastAttempt = previous
    } else {
      attempts[Int(next)].previous = previous
    }
  }
}

extension Operation {
  /// Takes as long as the medium likes: a flush empties caches, discards and zeroes may touch gigabytes.
  var mayTakeLong: Bool {
    switch self {
    case .flush, .discard, .writeZeroes: true
    case .read, .write: false
    }
  }
}

internal import BasicContainers
package import BlockIO

/// What the simulator's referee may see of the machine's tables.
extension MultipathMachine {
  /// The request an outstanding attempt belongs to, or nil when that request has ended without it.
  package func request(of token: Token) -> UInt32? {
    precondition(token.kind == TokenKind.attempt)
    let attempt = attempts[Int(token.slot)]
    return attempt.isOutstanding && isCurrent(attempt) ? attempt.request : nil
  }

  /// Whether an outstanding attempt was given up.
  package func isGivenUp(_ token: Token) -> Bool {
    precondition(token.kind == TokenKind.attempt)
    let attempt = attempts[Int(token.slot)]
    return attempt.isOutstanding && attempt.generation == token.generation && attempt.isGivenUp
  }

  /// Whether the request in `slot` waits for a ghost.
  package func isHeld(slot: UInt32) -> Bool { requests[Int(slot)].phase == .awaitingGhost }

  /// Since when the request that has waited longest for a ghost or a fence has done so.
  package var oldestHeldSince: Instant? {
    holdQueue.isEmpty ? nil : requests[Int(holdQueue.head)].heldAt
  }

  /// A request that waits for a path although there is one it could try, or nothing it could hope for.
  package func waitsInVain() -> UInt32? {
    for slot in 0..<requests.touchedCount where requests[slot].phase == .awaitingPath {
      let untried = table.usable.subtracting(requests[slot].tried)
      let mayHope = requests[slot].givenUp > 0 || isOwedATry(UInt32(slot))
      if !untried.isEmpty || (!mayHope && !table.usable.isEmpty) {
        return UInt32(slot)
      }
    }
    return nil
  }

  /// Where a count and the table it counts differ, in words; nil when all is well.
  package func inconsistency() -> String? {
    var seenGhosts = 0
    var allCut: Int32 = 0
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      var outstanding: Int32 = 0
      var unresolved: Int32 = 0
      var slow: Int32 = 0
      var cut: Int32 = 0
      var bytes: UInt64 = 0
      var place = table[path].firstAttempt
      while place != RequestRecord.none {
        let attempt = attempts[Int(place)]
        if !attempt.isOutstanding || attempt.path != path { return "a stray attempt" }
        if attempt.isGhost && !attempt.isGivenUp { return "a ghost that was not given up" }
        outstanding += 1
        bytes += attempt.range.length
        if attempt.isCut { cut += 1 }
        if attempt.isGivenUp && !attempt.isCut { unresolved += 1 }
        if attempt.isGhost { seenGhosts += 1 }
        if !attempt.isGivenUp && !attempt.isCut && attempt.operation.mayTakeLong { slow += 1 }
        place = attempt.next
      }
      let record = table[path]
      if record.outstanding != outstanding { return "outstanding \(record.outstanding)" }
      if record.unresolved != unresolved { return "unresolved \(record.unresolved)" }
      if record.cut != cut { return "cut \(record.cut)" }
      allCut += cut
      if record.slowOutstanding != slow { return "slow \(record.slowOutstanding)" }
      if record.outstandingBytes != bytes { return "bytes \(record.outstandingBytes)" }
    }
    if allCut != cutAttempts { return "\(cutAttempts) are cut, \(allCut) in truth" }
    if seenGhosts != ghosts { return "\(ghosts) ghosts are counted, \(seenGhosts) are there" }
    return queueInconsistency()
  }

  private func queueInconsistency() -> String? {
    var held = 0
    var waiting = 0
    var forRoom = 0
    var bytes: UInt64 = 0
    for slot in 0..<requests.touchedCount {
      switch requests[slot].phase {
      case .vacant, .trying: break
      case .awaitingRoom: forRoom += 1
      case .awaitingPath:
        waiting += 1
        bytes += requests[slot].payloadBytes
      case .awaitingGhost: held += 1
      }
      if requests[slot].phase != .vacant,
        requests[slot].outstanding < 0 || requests[slot].givenUp < 0
      {
        return "request \(slot) has \(requests[slot].outstanding) attempts"
      }
    }
    if held != holdQueue.count { return "\(holdQueue.count) held, \(held) in truth" }
    if waiting != pathQueue.count { return "\(pathQueue.count) queued, \(waiting) in truth" }
    if bytes != queuedBytes { return "\(queuedBytes) bytes queued, \(bytes) in truth" }
    if forRoom != roomQueue.count { return "\(roomQueue.count) for room, \(forRoom) in truth" }
    return nil
  }
}

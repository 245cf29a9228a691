internal import BasicContainers
public import BlockIO

/// Paths whose end is known before any attempt has answered: the connection to a server is gone.
extension MultipathMachine {
  /// The path's connection has ended: it is LOST at once, whatever `cause` says, and what it carried goes
  /// elsewhere as after a stall. May be said at any time, also of a path that carries nothing.
  ///
  /// The attempts stay outstanding. The caller answers reads and flushes at once, since nothing can come of
  /// them, and changes when they can land no more: once the connection's quiet time is over or a fence has
  /// succeeded. Until then they are ghosts like any other, but they do not keep the path from returning:
  /// that is another connection, and the quarantine holds wherever later changes go. The path returns after
  /// `pathReopened`, by probes and an identity check.
  public mutating func pathLost(
    _ path: PathIndex, _ cause: FaultCause, at now: Instant, effects: inout Effects
  ) {
    guard table[path].tenancy != .vacant else { return }
    suspects.remove(path)
    table[path].accusedAt = nil
    let since = table[path].live > 0 ? max(table[path].answeredAt, table[path].busySince) : now
    var decision = decision(.fault, path, cause: cause, waited: now - since, at: now)
    let isNew = takeOut(
      path, cause, since: since, isStall: true, isGone: true, at: now, effects: &effects)
    wantFence(path, at: now)
    if isNew {
      pathWentOut(path, at: now, effects: &effects)
    } else {
      forgetReopening(path, cause, at: now, effects: &effects)
    }
    (decision.reissued, decision.waiting) = giveUpAll(of: path, at: now, effects: &effects)
    if isNew { remember(decision) }
    cutAll(of: path)
    startDueFences(at: now, effects: &effects)
  }

  /// Nothing that the path has outstanding says anything about it any more.
  private mutating func cutAll(of path: PathIndex) {
    var place = table[path].firstAttempt
    while place != RequestRecord.none {
      let attempt = attempts[Int(place)]
      if !attempt.isCut {
        attempts[Int(place)].isCut = true
        table[path].cut += 1
        cutAttempts += 1
        if attempt.isGivenUp {
          table[path].unresolved -= 1
          // It has said nothing, and may be asked anew when it is back.
          if isCurrent(attempt) { requests[Int(attempt.request)].tried.remove(path) }
        } else if attempt.operation.mayTakeLong {
          table[path].slowOutstanding -= 1
        }
      }
      place = attempt.next
    }
  }

  /// There is somewhere to go for what ended connections carried and could not be given up then.
  mutating func giveUpCutAttempts(at now: Instant, effects: inout Effects) {
    for index in 0..<UInt8(table.reachedCount) where table[PathIndex(index)].cut > 0 {
      var place = table[PathIndex(index)].firstAttempt
      while place != RequestRecord.none {
        let next = attempts[Int(place)].next
        if attempts[Int(place)].isCut, !attempts[Int(place)].isGivenUp {
          _ = giveUp(place, at: now, effects: &effects)
        }
        place = next
      }
    }
  }

  /// A lost path that had been opened anew is gone again: it has to be opened once more.
  mutating func forgetReopening(
    _ path: PathIndex, _ cause: FaultCause, at now: Instant, effects: inout Effects
  ) {
    guard needsProbing(path), table[path].probe.wasReopened else { return }
    table[path].probe.wasReopened = false
    table[path].probe.generation = (table[path].probe.generation &+ 1) & 0xff_ffff
    table[path].probe.goodInRow = 0
    table[path].probe.awaitsIdentity = false
    if !table[path].probe.isInFlight {
      table[path].probe.dueAt = now + table[path].probe.wait
    }
    effects.append(.event(.pathLost(path, cause)))
  }
}

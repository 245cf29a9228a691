internal import BasicContainers
internal import BlockIO

extension MultipathMachine {
  /// Takes a path out of service after an error, and does what follows from it: auto-restore when it
  /// was the last good one, another active path, probes. Its requests have waited since `since`.
  mutating func fault(
    _ path: PathIndex, _ cause: FaultCause, since: Instant? = nil, at now: Instant,
    effects: inout Effects
  ) {
    let isOut = takeOut(
      path, cause, since: since, isStall: false, at: now, effects: &effects)
    guard isOut else { return }
    pathWentOut(path, at: now, effects: &effects)
    startDueFences(at: now, effects: &effects)
  }

  /// The first half of `fault`: the path is out of service, and nothing has followed from it yet. False when
  /// it was out already. Whatever errno it is, with `isGone` the path is lost.
  mutating func takeOut(
    _ path: PathIndex, _ cause: FaultCause, since: Instant?, isStall: Bool, isGone: Bool = false,
    at now: Instant, effects: inout Effects
  ) -> Bool {
    guard table[path].tenancy == .attached else { return false }
    let isLost = isGone || IOOutcome.failure(errno: cause.errno).verdict == .lost
    switch table[path].service {
    case .foreign, .lost: return false
    case .failed where !isLost: return false
    case .good, .failed: break
    }
    let begun = since ?? now
    lastOutage = Outage(path: path, since: begun, at: now)
    let decision = decision(.fault, path, cause: cause, waited: now - begun, at: now)
    table[path].service = isLost ? .lost(cause) : .failed(cause)
    table[path].changedAt = now
    table[path].counters.failures &+= 1
    table.refresh(path)
    effects.append(.event(isLost ? .pathLost(path, cause) : .pathFailed(path, cause)))
    wantFence(path, at: now)
    if isLost {
      table[path].probe.wasReopened = false
      disownWrites(of: path)
    }
    beginProbing(path, at: now)
    if !isStall { remember(decision) }
    return true
  }

  /// What follows when a path has stopped being usable; `byItself` where no operator wished it.
  mutating func pathWentOut(
    _ path: PathIndex, byItself: Bool = true, at now: Instant, effects: inout Effects
  ) {
    if table.usable.isEmpty { restoreOthers(than: path, at: now, effects: &effects) }
    if active == path || active == nil {
      let before = active
      chooseActive(effects: &effects)
      if byItself, before != nil, before != active { counters.failovers &+= 1 }
    }
    if !pathQueue.isEmpty, !table.usable.isEmpty {
      // Auto-restore has brought somebody back.
      useReturnedPath(at: now, effects: &effects)
    } else {
      useAllRoom(at: now, effects: &effects)
    }
  }

  /// gmultipath's auto-restore: with no good path left, FAIL is taken from every path except the one
  /// that has just failed, and from that one too when it is alone. Held, lost and foreign paths stay, unless a hold yields.
  private mutating func restoreOthers(
    than path: PathIndex, at now: Instant, effects: inout Effects
  ) {
    var restorable = PathSet()
    for position in 0..<table.orderedCount {
      let other = table.ordered(position)
      if table[other].isRestorable { restorable.insert(other) }
    }
    restorable = restorable.subtracting(condemned)
    if restorable.subtracting(PathSet(path)).isEmpty == false { restorable.remove(path) }
    while let other = restorable.first {
      restorable.remove(other)
      enterService(other, .lastGoodPathFailed, at: now, effects: &effects)
    }
  }

  /// Puts a path that is not usable back into service; a held one stays out of use all the same.
  /// Waiting requests are served by the caller, when it is done.
  mutating func enterService(
    _ path: PathIndex, _ cause: RestoreCause, at now: Instant, effects: inout Effects
  ) {
    table[path].service = .good
    if table[path].holdYields, cause == .lastGoodPathFailed {
      table[path].isHeld = false
      table[path].holdYields = false
    }
    table[path].changedAt = now
    table[path].counters.restores &+= 1
    endProbing(path)
    table[path].stallBackoff = 0
    table[path].probe.returnedAt = now
    table[path].probe.dueAt = idleTurn(after: now + configuration.probe.idle)
    table.refresh(path)
    effects.append(.event(.pathRestored(path, cause)))
    liftFenceOnReturn(path, effects: &effects)
    guard table[path].isUsable else { return }
    offerToEveryRequest(path)
    if active == nil { chooseActive(effects: &effects) }
    planFailback(at: now)
    testify(path, at: now, effects: &effects)
  }

  /// A request in progress must not fail before it has tried a path that has become usable meanwhile.
  mutating func offerToEveryRequest(_ path: PathIndex) {
    for slot in 0..<requests.touchedCount where requests[slot].phase != .vacant {
      requests[slot].offered.insert(path)
    }
  }

  /// The newest usable path becomes the active one (gmultipath's order), or none.
  mutating func chooseActive(effects: inout Effects) {
    let group = table.hasGroups ? table.bestGroup(of: table.usable) : table.usable
    if let active, group.contains(active) { return }
    let next = table.newest(of: group)
    guard next != active else { return }
    effects.append(.event(.activeChanged(from: active, to: next)))
    active = next
  }

  /// The preferred path, or a path of a better group, is back: it takes over once it has stayed for a while.
  mutating func planFailback(at now: Instant) {
    guard case .after(let wait) = configuration.failback, failbackTarget != nil else { return }
    failbackAt = now + wait
  }

  /// The path that should be active: the preferred one, else the newest of a better group than the active
  /// one's; nil when the active path is right.
  var failbackTarget: PathIndex? {
    if let preferred {
      return preferred != active && table[preferred].isUsable ? preferred : nil
    }
    guard table.hasGroups, let active else { return nil }
    let best = table.bestGroup(of: table.usable)
    return best.contains(active) ? nil : table.newest(of: best)
  }

  /// How soon failback looks again whether everything has been flushed.
  private static var flushPatience: Interval { .milliseconds(100) }

  mutating func failBackIfDue(at now: Instant, effects: inout Effects) {
    guard let due = failbackAt, !(now < due) else { return }
    guard let target = failbackTarget else {
      failbackAt = nil
      return
    }
    guard !activeOwesFlush else {
      failbackAt = now + Self.flushPatience
      return
    }
    failbackAt = nil
    makeActive(target, at: now, effects: &effects)
  }
}

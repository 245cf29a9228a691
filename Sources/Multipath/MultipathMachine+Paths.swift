internal import BasicContainers
public import BlockIO

/// What an operator may do to the paths of a device.
extension MultipathMachine {
  /// Attaches a path, in service at once; its place in the table is the answer, or nil when the table
  /// is full. With `lost` it waits for its medium to appear instead.
  public mutating func addPath(
    lost cause: FaultCause? = nil, at now: Instant, effects: inout Effects
  ) -> PathIndex? {
    guard let path = table.occupy(at: now) else { return nil }
    // Nobody knows what its cache holds, so the first flush goes to it too.
    table[path].dirtyEpoch = writeEpoch
    table[path].attachedEpoch = writeEpoch
    if let cause {
      table[path].service = .lost(cause)
      table[path].counters.failures &+= 1
      table.refresh(path)
      beginProbing(path, at: now)
      effects.append(.event(.pathLost(path, cause)))
      return path
    }
    table[path].probe.dueAt = idleTurn(after: now + configuration.probe.idle)
    offerToEveryRequest(path)
    if active == nil { chooseActive(effects: &effects) }
    useReturnedPath(at: now, effects: &effects)
    testify(path, at: now, effects: &effects)
    return path
  }

  /// Takes a path out for good. New attempts avoid it from here on; `.drained` follows when the last
  /// outstanding one has answered.
  public mutating func removePath(_ path: PathIndex, at now: Instant, effects: inout Effects) {
    precondition(table[path].tenancy == .attached)
    disownWrites(of: path)
    table[path].tenancy = .leaving
    table[path].changedAt = now
    endProbing(path)
    table.refresh(path)
    pathWentOut(path, byItself: false, at: now, effects: &effects)
    finishLeaving(path, at: now, effects: &effects)
  }

  /// An operator's `fail`: out of service until `restore`, whatever else happens. One that `yields` is
  /// gmultipath's FAIL: auto-restore may end it when the last good path fails.
  public mutating func holdPath(
    _ path: PathIndex, yields: Bool = false, at now: Instant, effects: inout Effects
  ) {
    if table[path].isHeld {
      // Of two holds the stronger counts.
      if !yields { table[path].holdYields = false }
      return
    }
    table[path].isHeld = true
    table[path].holdYields = yields
    table[path].changedAt = now
    table.refresh(path)
    effects.append(.event(.pathHeld(path)))
    pathWentOut(path, byItself: false, at: now, effects: &effects)
  }

  /// An operator's `restore`: ends a hold and takes the path's failure for repaired. The active path
  /// stays where it is (gmultipath).
  public mutating func restorePath(_ path: PathIndex, at now: Instant, effects: inout Effects) {
    guard table[path].isHeld || table[path].service != .good else { return }
    table[path].isHeld = false
    table[path].holdYields = false
    if table[path].unresolved > 0 || !mayReturn(path) {
      // What was given up there may still happen: only its answers, or a fence, can end that.
      if table[path].service == .good {
        let cause = FaultCause(errno: Errno.etimedout, operation: .read, offset: 0)
        table[path].service = .failed(cause)
      }
      table.refresh(path)
      beginProbing(path, at: now)
      return
    }
    enterService(path, .operator, at: now, effects: &effects)
    useReturnedPath(at: now, effects: &effects)
  }

  /// An operator's `restore` of a path that still does not answer: the hold ends, and the path stays
  /// out of service until its probes are good.
  public mutating func releaseHold(
    _ path: PathIndex, failing cause: FaultCause, at now: Instant, effects: inout Effects
  ) {
    table[path].isHeld = false
    table[path].holdYields = false
    table[path].changedAt = now
    table.refresh(path)
    switch table[path].service {
    case .good, .foreign:
      // Failing it as an error would, so that the last good path still brings its siblings back.
      table[path].service = .good
      fault(path, cause, at: now, effects: &effects)
    case .failed, .lost: beginProbing(path, at: now)
    }
  }

  /// The path shows another medium: never used again, unless an operator restores it and it proves right.
  public mutating func markForeign(_ path: PathIndex, at now: Instant, effects: inout Effects) {
    table[path].service = .foreign
    table[path].changedAt = now
    endProbing(path)
    table.refresh(path)
    effects.append(.event(.pathForeign(path)))
    pathWentOut(path, at: now, effects: &effects)
  }

  /// Frees the place of a removed path once nothing refers to it any more.
  mutating func finishLeaving(_ path: PathIndex, at now: Instant, effects: inout Effects) {
    guard table[path].tenancy == .leaving, table[path].outstanding == 0,
      !table[path].probe.isInFlight, !unfenced.contains(path)
    else { return }
    // Writes may have been acknowledged since it was removed.
    disownWrites(of: path)
    suspects.remove(path)
    acquitted.remove(path)
    if preferred == path { preferred = nil }
    if flushDebtor == path { flushDebtor = nil }
    forgetFence(path)
    table.vacate(path)
    decisions.forget(path)
    if lastOutage?.path == path { lastOutage = nil }
    for slot in 0..<requests.touchedCount {
      requests[slot].tried.remove(path)
      requests[slot].offered.remove(path)
    }
    effects.append(.drained(path: path))
  }

  /// Makes `path` the active one now, as `prefer` does; with `sticky` it is also the one that failback
  /// returns to. False when the path cannot carry requests.
  public mutating func prefer(
    _ path: PathIndex, sticky: Bool, at now: Instant, effects: inout Effects
  ) -> Bool {
    guard table[path].isUsable else { return false }
    preferred = sticky ? path : nil
    makeActive(path, at: now, effects: &effects)
    return true
  }

  /// The next usable path in gmultipath's order becomes the active one.
  public mutating func rotate(at now: Instant, effects: inout Effects) {
    var position = 0
    while position < table.orderedCount, table.ordered(position) != active { position += 1 }
    for step in 1...max(1, table.orderedCount) {
      guard table.orderedCount > 0 else { return }
      let path = table.ordered((position + step) % table.orderedCount)
      guard table[path].isUsable else { continue }
      return makeActive(path, at: now, effects: &effects)
    }
  }

  mutating func makeActive(_ path: PathIndex, at now: Instant, effects: inout Effects) {
    failbackAt = nil
    guard active != path else { return }
    effects.append(.event(.activeChanged(from: active, to: path)))
    active = path
    useAllRoom(at: now, effects: &effects)
  }
}

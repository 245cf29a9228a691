internal import BasicContainers
public import BlockIO

/// What may be changed while a device is in use. Everything takes effect with the next decision.
extension MultipathMachine {
  /// Changes the mode; the next request goes by it.
  public mutating func setMode(_ mode: Mode) { configuration.mode = mode }

  /// Changes the rule for what the mode shares among paths.
  public mutating func setSelector(_ kind: SelectorKind) {
    precondition(kind.spreads)
    spread = kind
  }

  public var selectorName: String { spread.name }

  public mutating func setStallPolicy(_ policy: StallPolicy) { configuration.stall = policy }

  public mutating func setHedging(_ policy: HedgePolicy) {
    configuration.hedge = policy
    hedgeCredit = 0
  }

  /// Changes when the preferred path becomes active again. If it is back already, its wait begins now.
  public mutating func setFailback(
    _ failback: Failback, at now: Instant, effects: inout Effects
  ) {
    guard configuration.failback != failback else { return }
    configuration.failback = failback
    failbackAt = nil
    planFailback(at: now)
    failBackIfDue(at: now, effects: &effects)
  }

  public mutating func setPriority(
    _ priority: UInt8, of path: PathIndex, at now: Instant, effects: inout Effects
  ) {
    table.setPriority(priority, of: path)
    if activeOwesFlush {
      // As a failback does, which waits for a flush.
      if failbackTarget != nil { failbackAt = now }
      return
    }
    chooseActive(effects: &effects)
  }

  public mutating func setWeight(_ weight: UInt32, of path: PathIndex) {
    precondition((1...100).contains(weight))
    table[path].weight = weight
  }

  public mutating func setNoPathTimeout(_ timeout: Interval) {
    configuration.noPathTimeout = timeout
  }

  /// Bounds what waits for a usable path from here on; what waits already stays.
  public mutating func setNoPathBytesMax(_ bytes: UInt64) { configuration.noPathBytesMax = bytes }

  /// Changes when paths are probed; probes that are planned already keep their time.
  public mutating func setProbeSchedule(_ schedule: ProbeSchedule) {
    configuration.probe = schedule
  }

  /// The path that failback returns to, as a sticky `prefer` leaves it, also while it is out of service.
  public mutating func setPreferred(
    _ path: PathIndex, at now: Instant, effects: inout Effects
  ) {
    preferred = path
    if table[path].isUsable { makeActive(path, at: now, effects: &effects) }
  }
}

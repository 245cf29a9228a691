internal import BlockIO
internal import Engine
internal import Multipath

/// What the operator changes on a device in use, and how busy its reactor is with others.
extension World {
  mutating func tune() {
    switch random.below(10) {
    case 0: setStall(Tuning.drawStall(&random))
    case 1: setHedging(Tuning.drawHedge(&random))
    case 2: setFailback(Tuning.drawFailback(&random))
    case 3: select(Tuning.drawSelector(&random))
    case 4: setMode(random.pick(Mode.allCases))
    case 5: setNoPathTimeout(.milliseconds(UInt64(random.pick([0, 20, 200, 60_000]))))
    case 6: if let index = somePlace() { setPriority(UInt8(random.below(3)), of: index) }
    case 7: if let index = somePlace() { setWeight(UInt32(random.within(1...100)), of: index) }
    case 8: if let index = somePlace() { prefer(index, sticky: random.chance(percent: 50)) }
    default: rotate()
    }
  }

  private mutating func somePlace() -> PathIndex? {
    let path = random.below(paths.count)
    return paths[path].isLeaving ? nil : paths[path].index
  }

  @discardableResult
  mutating func decide(_ input: ControlInput) -> MachineAnswer {
    engine.decide(input, at: now, arena: &arena, effects: &effects)
  }

  private mutating func setStall(_ policy: StallPolicy) {
    note { "stalls go by \(policy)" }
    decide(.setStallPolicy(policy))
    strictSince = policy.mode == .strict ? strictSince ?? now : nil
    shortestHold = min(shortestHold, policy.holdTimeout)
    judgedAnewAt = now
  }

  private mutating func setHedging(_ policy: HedgePolicy) {
    note { "hedging goes by \(policy)" }
    decide(.setHedging(policy))
    hedge = policy
    hedgeCredit = 0
  }

  private mutating func setFailback(_ failback: Failback) {
    note { "failback is \(failback)" }
    decide(.setFailback(failback))
  }

  mutating func select(_ name: String) {
    note { "the selector is \(name)" }
    decide(.setSelector(name))
  }

  private mutating func setMode(_ mode: Mode) {
    note { "the mode is \(mode.word)" }
    decide(.setMode(mode))
  }

  private mutating func setNoPathTimeout(_ timeout: Interval) {
    note { "requests wait for a path for \(timeout.milliseconds) ms" }
    decide(.setNoPathTimeout(timeout))
    shortestNoPathTimeout = min(shortestNoPathTimeout, timeout)
  }

  mutating func setPriority(_ priority: UInt8, of index: PathIndex) {
    note { "place \(index.rawValue) has priority \(priority)" }
    decide(.setPriority(priority, of: index))
    groupsMoved = true
  }

  mutating func setWeight(_ weight: UInt32, of index: PathIndex) {
    decide(.setWeight(weight, of: index))
  }

  private mutating func prefer(_ index: PathIndex, sticky: Bool) {
    note { "place \(index.rawValue) is preferred\(sticky ? " for good" : "")" }
    decide(.prefer(index, sticky: sticky))
  }

  private mutating func rotate() {
    note { "the next path becomes active" }
    decide(.rotate)
  }

  // MARK: The reactor

  /// The reactor does something else for a while; whatever is due meanwhile is late.
  mutating func beBusy() {
    guard isFaulty else { return }
    events.schedule(.busyReactor, at: now + pause(around: .milliseconds(50)))
    let length = Interval.milliseconds(UInt64(random.pick([1, 12, 30, 120])))
    note { "the reactor is busy for \(length.milliseconds) ms" }
    busyUntil = now + length
    judgedAnewAt = busyUntil
  }

  mutating func watchTime(since before: Instant) {
    steps += 1
    stepsAtNow = now == before ? stepsAtNow + 1 : 0
    if stepsAtNow > 20_000 { violate(.timePasses, "20000 steps at one instant") }
  }
}

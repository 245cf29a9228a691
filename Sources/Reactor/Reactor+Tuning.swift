internal import BasicContainers
internal import BlockIO
internal import Engine
internal import Multipath

/// Settings of a running device, and which of its paths is the active one.
extension Reactor {
  mutating func tune(_ ticket: UInt64, _ id: UInt32, _ tuning: DeviceTuning) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    tune(device, tuning)
    report(.done(ticket: ticket))
  }

  mutating func rotate(_ ticket: UInt64, _ id: UInt32) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    // Alone it stays what it is.
    if devices[device].engine.machine.table.usable.count > 1, let refusal = unflushed(device) {
      return report(.refused(ticket: ticket, refusal))
    }
    decide(device, .rotate)
    report(.done(ticket: ticket))
  }

  mutating func failQueued(_ ticket: UInt64, _ id: UInt32) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    guard case .count(let count) = decide(device, .failQueued) else {
      preconditionFailure("what was failed is counted")
    }
    report(.counted(ticket: ticket, count))
  }

  mutating func prefer(
    _ ticket: UInt64, _ id: UInt32, _ pathID: UInt32, sticky: Bool
  ) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    guard let path = devices[device].index(ofPath: pathID) else {
      return report(.refused(ticket: ticket, .noSuchPath))
    }
    if devices[device].engine.machine.active != path, let refusal = unflushed(device) {
      return report(.refused(ticket: ticket, refusal))
    }
    let answer = decide(device, .prefer(path, sticky: sticky))
    report(answer == .flag(true) ? .done(ticket: ticket) : .refused(ticket: ticket, .pathNotUsable))
  }

  private func unflushed(_ device: Int) -> ReactorRefusal? {
    guard devices[device].engine.machine.activeOwesFlush,
      let active = devices[device].engine.machine.active
    else { return nil }
    return .unflushed(path: pathID(device, active))
  }

  mutating func tune(_ device: Int, _ tuning: DeviceTuning) {
    let present = devices[device].engine.machine.configuration
    devices[device].quietTime = tuning.quietTime
    decide(device, .setMode(tuning.mode))
    decide(device, .setSelector(tuning.selector.name))
    decide(device, .setStallPolicy(tuning.stall))
    // It forgets the credit that was saved up, so only when it changes.
    if present.hedge.percent != tuning.hedge.percent { decide(device, .setHedging(tuning.hedge)) }
    decide(device, .setFailback(tuning.failback))
    if present.cacheDomain != tuning.cacheDomain {
      decide(device, .setCacheDomain(tuning.cacheDomain))
    }
    if present.fence != tuning.fence { decide(device, .setFence(tuning.fence)) }
    decide(device, .setProbeSchedule(tuning.probe))
    decide(device, .setNoPathTimeout(tuning.noPathTimeout))
    decide(device, .setNoPathBytesMax(tuning.noPathBytesMax))
    for wanted in tuning.paths {
      guard let path = devices[device].index(ofPath: wanted.id) else { continue }
      if devices[device].engine.machine.table[path].weight != wanted.weight {
        decide(device, .setWeight(wanted.weight, of: path))
      }
      if devices[device].engine.machine.table[path].priority != wanted.priority {
        decide(device, .setPriority(wanted.priority, of: path))
      }
    }
  }

  /// Tells a device's machine something and carries out what follows.
  @discardableResult
  mutating func decide(_ device: Int, _ input: ControlInput) -> MachineAnswer {
    let answer = devices[device].engine.decide(
      input, at: now, arena: &arena, effects: &effects)
    drainEffects(device)
    return answer
  }
}

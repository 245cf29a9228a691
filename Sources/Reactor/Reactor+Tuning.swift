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
    devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      [now] machine, decisions in
      machine.rotate(at: now, effects: &decisions)
    }
    drainEffects(device)
    report(.done(ticket: ticket))
  }

  mutating func failQueued(_ ticket: UInt64, _ id: UInt32) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    let count = devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      machine, decisions in
      machine.failQueued(effects: &decisions)
    }
    drainEffects(device)
    report(.counted(ticket: ticket, count))
  }

  mutating func prefer(
    _ ticket: UInt64, _ id: UInt32, _ pathID: UInt32, sticky: Bool
  ) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    guard let path = devices[device].index(ofPath: pathID) else {
      return report(.refused(ticket: ticket, .noSuchPath))
    }
    let isDone = devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      [now] machine, decisions in
      machine.prefer(path, sticky: sticky, at: now, effects: &decisions)
    }
    drainEffects(device)
    report(isDone ? .done(ticket: ticket) : .refused(ticket: ticket, .pathNotUsable))
  }

  mutating func tune(_ device: Int, _ tuning: DeviceTuning) {
    let paths = tuning.paths.map { (devices[device].index(ofPath: $0.id), $0) }
    devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      [now] machine, decisions in
      let present = machine.configuration
      machine.setMode(tuning.mode)
      machine.setSelector(tuning.selector)
      machine.setStallPolicy(tuning.stall)
      // It forgets the credit that was saved up, so only when it changes.
      if present.hedge.percent != tuning.hedge.percent { machine.setHedging(tuning.hedge) }
      machine.setFailback(tuning.failback, at: now, effects: &decisions)
      if present.cacheDomain != tuning.cacheDomain { machine.setCacheDomain(tuning.cacheDomain) }
      if present.fence != tuning.fence {
        machine.setFence(tuning.fence, at: now, effects: &decisions)
      }
      machine.setProbeSchedule(tuning.probe)
      machine.setNoPathTimeout(tuning.noPathTimeout)
      machine.setNoPathBytesMax(tuning.noPathBytesMax)
      for case (let path?, let wanted) in paths {
        if machine.table[path].weight != wanted.weight {
          machine.setWeight(wanted.weight, of: path)
        }
        if machine.table[path].priority != wanted.priority {
          machine.setPriority(wanted.priority, of: path, effects: &decisions)
        }
      }
    }
    drainEffects(device)
  }
}

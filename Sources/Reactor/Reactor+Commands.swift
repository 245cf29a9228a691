internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import Multipath

/// The control side's wishes, and what it is told.
extension Reactor {
  mutating func obey(_ command: ReactorCommand) {
    switch command {
    case .create(let ticket, let setup): create(ticket, setup)
    case .destroy(let ticket, let id):
      guard let device = device(id) else {
        return report(.refused(ticket: ticket, .noSuchDevice))
      }
      devices[device].destroyTicket = ticket
      tearDown(device)
    case .addPath(let ticket, let id, let setup):
      guard let device = device(id) else {
        return report(.refused(ticket: ticket, .noSuchDevice))
      }
      if let refusal = attach(setup, to: device) {
        report(.refused(ticket: ticket, refusal))
      } else {
        report(.done(ticket: ticket))
      }
    case .removePath(let ticket, let id, let path): change(ticket, id, path, .remove)
    case .holdPath(let ticket, let id, let path): change(ticket, id, path, .hold)
    case .restorePath(let ticket, let id, let path): change(ticket, id, path, .restore)
    case .releaseHold(let ticket, let id, let path, let cause):
      change(ticket, id, path, .releaseHold(cause))
    case .markForeign(let ticket, let id, let path): change(ticket, id, path, .foreign)
    case .reopenPath(let id, let setup): reopen(id, setup)
    case .identityChecked(let id, let path, let generation, let verdict):
      identityChecked(id, path, generation, verdict)
    case .snapshot(let ticket): report(.snapshot(ticket: ticket, snapshots()))
    case .stop: stop()
    }
  }

  private mutating func change(
    _ ticket: UInt64, _ id: UInt32, _ pathID: UInt32, _ wish: PathChange
  ) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    guard let path = devices[device].index(ofPath: pathID) else {
      return report(.refused(ticket: ticket, .noSuchPath))
    }
    change(device, path, wish)
    report(.done(ticket: ticket))
  }

  private mutating func reopen(_ id: UInt32, _ setup: PathSetup) {
    if let device = device(id) { return reopen(device, setup) }
    report(.closed(device: id, path: setup.id, descriptor: setup.descriptor))
  }

  private mutating func identityChecked(
    _ id: UInt32, _ pathID: UInt32, _ generation: UInt32, _ verdict: IdentityVerdict
  ) {
    guard let device = device(id), let path = devices[device].index(ofPath: pathID) else { return }
    devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      [now] machine, decisions in
      machine.identityChecked(
        path, generation: generation, verdict: verdict, at: now, effects: &decisions)
    }
    drainEffects(device)
  }

  /// No new work: listeners close, clients can send no more, and what they have sent is answered.
  private mutating func stop() {
    guard !isStopping else { return }
    isStopping = true
    for device in 0..<devices.count where devices[device].isOpen {
      closeListener(device)
      devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
        [now] machine, decisions in
        machine.stop(at: now, effects: &decisions)
      }
      drainEffects(device)
    }
    for index in 0..<UInt32(sessions.count) {
      switch sessions[Int(index)].phase {
      case .vacant, .draining, .closing: break
      case .negotiating: beginClose(index)
      case .serving: shutdown(sessions[Int(index)].descriptor, Int32(SHUT_RD))
      }
    }
    // A client that takes no replies must not hold up the end.
    scheduleHousekeeping()
  }

  mutating func tell(_ device: Int, _ event: MultipathEvent) {
    let told: DeviceEvent
    switch event {
    case .pathFailed(let path, let cause): told = .pathFailed(path: pathID(device, path), cause)
    case .pathLost(let path, let cause): told = .pathLost(path: pathID(device, path), cause)
    case .pathForeign(let path): told = .pathForeign(path: pathID(device, path))
    case .pathStalled(let path, let quiet, let reissued, let waiting):
      told = .pathStalled(
        path: pathID(device, path), quiet: quiet, reissued: Int(reissued), waiting: Int(waiting))
    case .pathResolved(let path): told = .pathResolved(path: pathID(device, path))
    case .pathHeld(let path): told = .pathHeld(path: pathID(device, path))
    case .pathRestored(let path, let cause):
      told = .pathRestored(path: pathID(device, path), cause)
    case .activeChanged(let from, let to):
      told = .activeChanged(
        from: from.map { pathID(device, $0) }, to: to.map { pathID(device, $0) })
    case .queueingBegan: told = .queueingBegan
    case .queueingEnded: told = .queueingEnded
    case .mediumError(let cause): told = .mediumError(cause)
    }
    report(.event(device: devices[device].id, told))
  }

  private func snapshots() -> [DeviceSnapshot] {
    var result: [DeviceSnapshot] = []
    for device in 0..<devices.count where devices[device].isOpen {
      result.append(snapshot(device))
    }
    return result
  }

  private func snapshot(_ device: Int) -> DeviceSnapshot {
    var paths: [PathSnapshot] = []
    for index in 0..<devices[device].paths.count where devices[device].paths[index].isOccupied {
      let path = PathIndex(UInt8(index))
      let record = devices[device].engine.machine.table[path]
      paths.append(
        PathSnapshot(
          id: devices[device].paths[index].id,
          state: devices[device].engine.machine.pathState(path), service: record.service,
          changedAt: record.changedAt, outstanding: Int(record.outstanding),
          unresolved: Int(record.unresolved),
          patience: devices[device].engine.machine.patience(path), stalls: record.stalls,
          counters: record.counters))
    }
    return DeviceSnapshot(
      id: devices[device].id, state: devices[device].engine.machine.deviceState,
      sessions: devices[device].sessions,
      queuedRequests: devices[device].engine.machine.queuedCount,
      heldRequests: devices[device].engine.machine.heldCount,
      ghosts: devices[device].engine.machine.ghosts,
      counters: devices[device].engine.machine.counters, paths: paths,
      reactorEnters: ring.enters)
  }
}

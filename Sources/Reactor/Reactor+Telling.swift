internal import BasicContainers
internal import BlockIO
internal import Engine
internal import Multipath

/// What the control side hears of its own accord, and what it sees when it asks.
extension Reactor {
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
    case .holdingBegan: told = .holdingBegan
    case .holdingEnded: told = .holdingEnded
    case .mediumError(let cause): told = .mediumError(cause)
    case .fenceBegan(let path): told = .fenceBegan(path: pathID(device, path))
    case .fenceFailed(let path, let wait):
      told = .fenceFailed(path: pathID(device, path), retryIn: wait)
    case .fenceSucceeded(let path, let waited):
      told = .fenceSucceeded(path: pathID(device, path), waited: waited)
    case .fenceNotNeeded(let path): told = .fenceNotNeeded(path: pathID(device, path))
    case .flushFailed(let path): told = .flushFailed(path: path.map { pathID(device, $0) })
    }
    report(device, told, waited: waited(device, event))
    tellState(device)
  }

  func report(_ device: Int, _ event: DeviceEvent, waited: Interval? = nil) {
    report(.event(device: devices[device].id, at: now, waited: waited, event))
  }

  /// How long requests had waited for the path that has just gone out of service, where the event is about
  /// that.
  private func waited(_ device: Int, _ event: MultipathEvent) -> Interval? {
    let outgoing: PathIndex? =
      switch event {
      case .pathFailed(let path, _), .pathLost(let path, _), .pathStalled(let path, _, _, _): path
      case .activeChanged(let from, _): from
      case .pathForeign, .pathHeld, .pathResolved, .pathRestored, .queueingBegan, .queueingEnded,
        .holdingBegan, .holdingEnded, .mediumError, .fenceBegan, .fenceFailed, .fenceSucceeded,
        .fenceNotNeeded, .flushFailed:
        nil
      }
    guard let outgoing, let outage = devices[device].engine.machine.lastOutage,
      outage.path == outgoing, outage.at == now
    else { return nil }
    return outage.at - outage.since
  }

  /// Reports the device's state if it is not what was reported last. To be called after whatever may have
  /// changed the set of usable paths.
  mutating func tellState(_ device: Int) {
    let state = devices[device].engine.machine.deviceState
    guard let told = devices[device].toldState, told != state else { return }
    devices[device].toldState = state
    report(device, .stateChanged(state))
  }

  // MARK: Asked

  func snapshots(of id: UInt32?) -> [DeviceSnapshot] {
    if let id { return device(id).map { [snapshot($0)] } ?? [] }
    var result: [DeviceSnapshot] = []
    for device in 0..<devices.count where devices[device].isOpen {
      result.append(snapshot(device))
    }
    return result
  }

  private func snapshot(_ device: Int) -> DeviceSnapshot {
    var paths: [PathSnapshot] = []
    for index in 0..<devices[device].paths.count where devices[device].paths[index].isOccupied {
      paths.append(snapshot(device, PathIndex(UInt8(index))))
    }
    return DeviceSnapshot(
      id: devices[device].id, state: devices[device].engine.machine.deviceState,
      sessions: devices[device].sessions, staleSessions: staleClients(of: device),
      queuedRequests: devices[device].engine.machine.queuedCount,
      queuedBytes: devices[device].engine.machine.queuedBytes,
      heldRequests: devices[device].engine.machine.heldCount,
      heldLongest: devices[device].engine.machine.oldestHeldSince.map { now - $0 },
      ghosts: devices[device].engine.machine.ghosts,
      counters: devices[device].engine.machine.counters,
      preferred: devices[device].engine.machine.preferred.map { pathID(device, $0) }, paths: paths,
      mediumFaults: (0..<devices[device].engine.machine.mediumFaults.count).map {
        devices[device].engine.machine.mediumFaults[$0]
      },
      reactorEnters: ring.enters)
  }

  private func snapshot(_ device: Int, _ path: PathIndex) -> PathSnapshot {
    let record = devices[device].engine.machine.table[path]
    return PathSnapshot(
      id: pathID(device, path), state: devices[device].engine.machine.pathState(path),
      outstanding: Int(record.outstanding), connections: connectionCount(device, path),
      record: record,
      patience: devices[device].engine.machine.patience(path),
      readTimes: devices[device].engine.machine.table.readTimes(path),
      writeTimes: devices[device].engine.machine.table.writeTimes(path))
  }

  private func connectionCount(_ device: Int, _ path: PathIndex) -> Int {
    var count = 0
    var index = devices[device].paths[Int(path.rawValue)].firstConnection
    while index != Connection.none {
      count += 1
      index = connections[Int(index)].next
    }
    return count
  }

  /// Oldest first.
  func decisions(_ device: Int) -> [DecisionSnapshot] {
    var result: [DecisionSnapshot] = []
    for age in (0..<devices[device].engine.machine.decisions.count).reversed() {
      let decision = devices[device].engine.machine.decisions.newest(age)
      var others: [UInt32?] = []
      for index in 0..<decision.alternativeCount {
        others.append(decision.alternatives[index].path.map { pathID(device, $0) })
      }
      result.append(
        DecisionSnapshot(
          decision: decision, path: decision.path.map { pathID(device, $0) },
          successor: decision.successor.map { pathID(device, $0) }, alternatives: others))
    }
    return result
  }
}

internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import Multipath

/// Devices and paths come and go, at the control side's wish.
extension Reactor {
  mutating func create(_ ticket: UInt64, _ setup: DeviceSetup) {
    guard let device = placeForDevice() else {
      close(setup.listener)
      return report(.refused(ticket: ticket, .tooManyDevices))
    }
    if device == devices.count {
      devices.append(DeviceHost(setup))
    } else {
      devices[device] = DeviceHost(setup)
    }
    for path in setup.paths {
      if let refusal = attach(path, to: device) {
        devices[device].destroyTicket = nil
        tearDown(device)
        return report(.refused(ticket: ticket, refusal))
      }
    }
    tune(device, setup.tuning)
    devices[device].toldState = devices[device].engine.machine.deviceState
    report(device, .stateChanged(devices[device].engine.machine.deviceState))
    armAccept(device)
    report(.done(ticket: ticket))
  }

  private func placeForDevice() -> Int? {
    for device in 0..<devices.count where !devices[device].isOpen && devices[device].isQuiet {
      return device
    }
    return devices.count < ReactorLimits.devices ? devices.count : nil
  }

  func device(_ id: UInt32) -> Int? {
    for device in 0..<devices.count where devices[device].isOpen && devices[device].id == id {
      return device
    }
    return nil
  }

  func pathID(_ device: Int, _ path: PathIndex) -> UInt32 {
    devices[device].paths[Int(path.rawValue)].id
  }

  /// Gives a path its place in the ring and in the machine.
  mutating func attach(_ setup: PathSetup, to device: Int) -> ReactorRefusal? {
    guard let filePlace = freeFilePlaces.popLast() else { return .tooManyPaths }
    if setup.descriptor >= 0 {
      let status = ring.setFile(setup.descriptor, at: filePlace)
      guard status == 0 else {
        freeFilePlaces.append(filePlace)
        return .system(errno: -status)
      }
    }
    let cause = setup.lost
    let added = devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      [now] machine, decisions in
      machine.addPath(lost: cause, at: now, effects: &decisions)
    }
    guard let path = added else {
      _ = ring.setFile(-1, at: filePlace)
      freeFilePlaces.append(filePlace)
      return .tooManyPaths
    }
    devices[device].paths[Int(path.rawValue)] = PathHost(
      id: setup.id, isOccupied: true, descriptor: setup.descriptor, filePlace: filePlace,
      needsWorker: setup.needsWorker, isBlockDevice: setup.isBlockDevice)
    drainEffects(device)
    if setup.isHeld { change(device, path, .hold(yields: false)) }
    if setup.isPreferred {
      devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
        [now] machine, decisions in
        machine.setPreferred(path, at: now, effects: &decisions)
      }
      drainEffects(device)
    }
    tellState(device)
    return nil
  }

  enum PathChange {
    case hold(yields: Bool)
    case restore
    case releaseHold(FaultCause)
    case remove
    case foreign
  }

  mutating func change(_ device: Int, _ path: PathIndex, _ change: PathChange) {
    devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      [now] machine, decisions in
      switch change {
      case .hold(let yields):
        machine.holdPath(path, yields: yields, at: now, effects: &decisions)
      case .restore: machine.restorePath(path, at: now, effects: &decisions)
      case .releaseHold(let cause):
        machine.releaseHold(path, failing: cause, at: now, effects: &decisions)
      case .remove: machine.removePath(path, at: now, effects: &decisions)
      case .foreign: machine.markForeign(path, at: now, effects: &decisions)
      }
    }
    drainEffects(device)
    tellState(device)
  }

  /// A removed path is quiet: its descriptor goes back to whoever opened it.
  mutating func closePath(_ device: Int, _ path: PathIndex) {
    let host = devices[device].paths[Int(path.rawValue)]
    devices[device].paths[Int(path.rawValue)] = PathHost()
    _ = ring.setFile(-1, at: host.filePlace)
    freeFilePlaces.append(host.filePlace)
    report(
      .closed(device: devices[device].id, path: host.id, descriptor: host.descriptor))
  }

  /// Swaps a lost path's descriptor for a fresh one; what is in flight ends on the old one.
  mutating func reopen(_ device: Int, _ setup: PathSetup) {
    guard let path = devices[device].index(ofPath: setup.id) else {
      report(
        .closed(device: devices[device].id, path: setup.id, descriptor: setup.descriptor))
      return
    }
    let old = devices[device].paths[Int(path.rawValue)].descriptor
    let place = devices[device].paths[Int(path.rawValue)].filePlace
    guard ring.setFile(setup.descriptor, at: place) == 0 else {
      report(
        .closed(device: devices[device].id, path: setup.id, descriptor: setup.descriptor))
      return
    }
    devices[device].paths[Int(path.rawValue)].descriptor = setup.descriptor
    devices[device].paths[Int(path.rawValue)].needsWorker = setup.needsWorker
    if old >= 0 {
      report(.closed(device: devices[device].id, path: setup.id, descriptor: old))
    }
    devices[device].engine.decide(at: now, arena: &arena, effects: &effects) {
      [now] machine, _ in
      machine.pathReopened(path, at: now)
    }
    drainEffects(device)
  }
}

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
    if case .network = setup.access {
      freeFilePlaces.append(filePlace)
      return .tooManyConnections
    }
    if case .file(let descriptor, _, _) = setup.access {
      let status = ring.setFile(descriptor, at: filePlace)
      guard status == 0 else {
        freeFilePlaces.append(filePlace)
        return .system(errno: -status)
      }
    }
    // What follows from it needs the path's place in the world first.
    let answer = devices[device].engine.decide(
      .addPath(lost: setup.lost), at: now, arena: &arena, effects: &effects)
    guard case .place(let path?) = answer else {
      _ = ring.setFile(-1, at: filePlace)
      freeFilePlaces.append(filePlace)
      return .tooManyPaths
    }
    var host = PathHost(id: setup.id, isOccupied: true, filePlace: filePlace)
    host.take(setup.access)
    devices[device].paths[Int(path.rawValue)] = host
    drainEffects(device)
    if setup.isHeld { change(device, path, .hold) }
    if setup.isPreferred {
      decide(device, .setPreferred(path))
    }
    tellState(device)
    return nil
  }

  enum PathChange {
    case hold
    case restore
    case releaseHold(FaultCause)
    case remove
    case foreign
  }

  mutating func change(_ device: Int, _ path: PathIndex, _ change: PathChange) {
    switch change {
    case .hold: decide(device, .holdPath(path))
    case .restore: decide(device, .restorePath(path))
    case .releaseHold(let cause): decide(device, .releaseHold(path, failing: cause))
    case .remove: decide(device, .removePath(path))
    case .foreign: decide(device, .markForeign(path))
    }
    tellState(device)
  }

  /// A removed path is quiet: its descriptor goes back to whoever opened it.
  mutating func closePath(_ device: Int, _ path: PathIndex) {
    let host = devices[device].paths[Int(path.rawValue)]
    devices[device].paths[Int(path.rawValue)] = PathHost()
    _ = ring.setFile(-1, at: host.filePlace)
    freeFilePlaces.append(host.filePlace)
    report(
      .closed(
        device: devices[device].id, path: host.id,
        descriptors: host.descriptor < 0 ? [] : [host.descriptor], isLast: true))
  }

  /// Swaps a lost path's descriptor for a fresh one; what is in flight ends on the old one.
  mutating func reopen(_ device: Int, _ setup: PathSetup) {
    guard let path = devices[device].index(ofPath: setup.id) else {
      return refuseReopening(devices[device].id, setup, .noSuchPath)
    }
    let old = devices[device].paths[Int(path.rawValue)].descriptor
    let place = devices[device].paths[Int(path.rawValue)].filePlace
    let status: Int32
    switch setup.access {
    case .absent: status = ring.setFile(-1, at: place)
    case .file(let descriptor, _, _): status = ring.setFile(descriptor, at: place)
    case .network:
      return refuseReopening(devices[device].id, setup, .tooManyConnections)
    }
    guard status == 0 else {
      return refuseReopening(devices[device].id, setup, .system(errno: -status))
    }
    devices[device].paths[Int(path.rawValue)].take(setup.access)
    if old >= 0 {
      report(
        .closed(
          device: devices[device].id, path: setup.id, descriptors: [old], isLast: false))
    }
    decide(device, .pathReopened(path))
  }

  func refuseReopening(_ device: UInt32, _ setup: PathSetup, _ refusal: ReactorRefusal) {
    report(
      .closed(
        device: device, path: setup.id, descriptors: setup.access.descriptors, isLast: false))
    report(.reopenRefused(device: device, path: setup.id, refusal))
  }

  // MARK: The end of a device

  /// Closes the listener and every session; paths follow when nothing is outstanding on them.
  mutating func tearDown(_ device: Int) {
    closeListener(device)
    for index in 0..<UInt32(sessions.count)
    where sessions[Int(index)].phase != .vacant && sessions[Int(index)].device == UInt32(device) {
      beginClose(index)
    }
    decide(device, .stop)
    endTrace(device, .deviceGone)
    endIfDestroyed(device)
  }

  mutating func closeListener(_ device: Int) {
    let listener = devices[device].listener
    guard listener >= 0 else { return }
    devices[device].listener = -1
    // Ends the accept that is with the kernel, which holds the socket otherwise.
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Once a device that is to go is quiet, its descriptors go back and the wish is answered.
  mutating func endIfDestroyed(_ device: Int) {
    guard devices[device].isOpen, let ticket = devices[device].destroyTicket,
      devices[device].isQuiet
    else { return }
    devices[device].isOpen = false
    devices[device].deadline = nil
    devices[device].engine.close(arena: &arena)
    for index in 0..<devices[device].paths.count where devices[device].paths[index].isOccupied {
      closePath(device, PathIndex(UInt8(index)))
    }
    report(.done(ticket: ticket))
  }
}

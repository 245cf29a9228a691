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
      if setup.listener >= 0 { close(setup.listener) }
      return report(.refused(ticket: ticket, .tooManyDevices))
    }
    if device == devices.count {
      devices.append(DeviceHost(setup))
    } else {
      devices[device] = DeviceHost(setup)
    }
    for path in setup.paths {
      if let refusal = attach(path, to: device) {
        devices[device].ending = .refused(ticket: ticket, refusal)
        return tearDown(device)
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
    let first: UInt32
    switch open(setup.access, device, filePlace) {
    case .success(let connection): first = connection
    case .failure(let refusal):
      freeFilePlaces.append(filePlace)
      return refusal
    }
    // What follows from it needs the path's place in the world first.
    let answer = devices[device].engine.decide(
      .addPath(lost: setup.lost), at: now, arena: &arena, effects: &effects)
    guard case .place(let path?) = answer else {
      _ = ring.setFile(-1, at: filePlace)
      freeFilePlaces.append(filePlace)
      forgetConnections(from: first)
      return .tooManyPaths
    }
    var host = PathHost(id: setup.id, isOccupied: true, filePlace: filePlace)
    host.take(setup.access)
    devices[device].paths[Int(path.rawValue)] = host
    adopt(first, device, path)
    drainEffects(device)
    if setup.isHeld { change(device, path, .hold(yields: false)) }
    if setup.isPreferred {
      decide(device, .setPreferred(path))
    }
    tellState(device)
    return nil
  }

  /// Makes the ring know what a path is reached by; the first of its connections, if it has any.
  private mutating func open(
    _ access: PathAccess, _ device: Int, _ filePlace: UInt32
  ) -> Result<UInt32, ReactorRefusal> {
    let status: Int32
    switch access {
    case .network(let network): return openConnections(network, device)
    case .absent: status = ring.setFile(-1, at: filePlace)
    case .file(let descriptor, _, _): status = ring.setFile(descriptor, at: filePlace)
    }
    return status == 0 ? .success(Connection.none) : .failure(.system(errno: -status))
  }

  enum PathChange {
    case hold(yields: Bool)
    case restore
    case releaseHold(FaultCause)
    case remove
    case foreign
  }

  mutating func change(_ device: Int, _ path: PathIndex, _ change: PathChange) {
    switch change {
    case .hold(let yields): decide(device, .holdPath(path, yields: yields))
    case .restore: decide(device, .restorePath(path))
    case .releaseHold(let cause): decide(device, .releaseHold(path, failing: cause))
    case .remove: decide(device, .removePath(path))
    case .foreign: decide(device, .markForeign(path))
    }
    tellState(device)
  }

  /// A removed path is quiet: what it was reached by goes back to whoever opened it, its connections when
  /// the kernel has let go of them.
  mutating func closePath(_ device: Int, _ path: PathIndex) {
    let host = devices[device].paths[Int(path.rawValue)]
    let isLast = closeConnections(device, path)
    devices[device].paths[Int(path.rawValue)] = PathHost()
    _ = ring.setFile(-1, at: host.filePlace)
    freeFilePlaces.append(host.filePlace)
    guard isLast || host.descriptor >= 0 else { return }
    giveBack(device, host.id, host.descriptor < 0 ? [] : [host.descriptor], isLast: isLast)
  }

  func giveBack(_ device: Int, _ path: UInt32, _ descriptors: [Int32], isLast: Bool) {
    if let ending = devices[device].ending, !ending.givesDescriptorsBack { return }
    report(
      .closed(device: devices[device].id, path: path, descriptors: descriptors, isLast: isLast))
  }

  /// Puts a fresh access in the place of a path's old one. What is in flight ends on an old descriptor;
  /// old connections are ended.
  mutating func reopen(_ device: Int, _ setup: PathSetup) {
    guard let path = devices[device].index(ofPath: setup.id) else {
      return refuseReopening(devices[device].id, setup, .noSuchPath)
    }
    let old = devices[device].paths[Int(path.rawValue)].descriptor
    let place = devices[device].paths[Int(path.rawValue)].filePlace
    let first: UInt32
    switch open(setup.access, device, place) {
    case .success(let connection): first = connection
    case .failure(let refusal): return refuseReopening(devices[device].id, setup, refusal)
    }
    endConnections(device, path, errno: Errno.econnreset)
    devices[device].paths[Int(path.rawValue)].take(setup.access)
    if old >= 0 { giveBack(device, setup.id, [old], isLast: false) }
    adopt(first, device, path)
    if case .absent = setup.access { return }
    decide(device, .pathReopened(path))
  }

  func refuseReopening(_ device: UInt32, _ setup: PathSetup, _ refusal: ReactorRefusal) {
    report(
      .closed(
        device: device, path: setup.id, descriptors: setup.access.descriptors, isLast: false))
    report(.reopenRefused(device: device, path: setup.id, refusal))
  }
}

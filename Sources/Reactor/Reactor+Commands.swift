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
    case .destroy(let ticket, let id, let force): destroy(ticket, id, force: force)
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
    case .holdPath(let ticket, let id, let path, let yields):
      change(ticket, id, path, .hold(yields: yields))
    case .restorePath(let ticket, let id, let path): change(ticket, id, path, .restore)
    case .releaseHold(let ticket, let id, let path, let cause):
      change(ticket, id, path, .releaseHold(cause))
    case .markForeign(let ticket, let id, let path): change(ticket, id, path, .foreign)
    case .reopenPath(let id, let setup): reopen(id, setup)
    case .pathGone(let id, let path): pathGone(id, path)
    case .pathFenced(let id, let path): pathFenced(id, path)
    case .identityChecked(let id, let path, let generation, let verdict):
      identityChecked(id, path, generation, verdict)
    case .fenceFinished(let id, let path, let generation, let succeeded):
      fenceFinished(id, path, generation, succeeded: succeeded)
    case .tune(let ticket, let id, let tuning): tune(ticket, id, tuning)
    case .prefer(let ticket, let id, let path, let sticky): prefer(ticket, id, path, sticky: sticky)
    case .rotate(let ticket, let id): rotate(ticket, id)
    case .resize(let ticket, let id, let export, let usable):
      resize(ticket, id, export, usableBytes: usable)
    case .drain(let ticket, let id, let end): drain(ticket, id, beyond: end)
    case .retold(let id, let descriptor): retold(id, descriptor)
    case .failQueued(let ticket, let id): failQueued(ticket, id)
    case .snapshot(let ticket, let id): report(.snapshot(ticket: ticket, snapshots(of: id)))
    case .explain(let ticket, let id):
      guard let device = device(id) else {
        return report(.refused(ticket: ticket, .noSuchDevice))
      }
      report(.explained(ticket: ticket, decisions(device)))
    case .trace(let ticket, let id, let bytesMax): beginTrace(ticket, id, bytesMax: bytesMax)
    case .traceTaken(let id, let chunks): grantTrace(id, chunks)
    case .endTrace(let id): endTrace(id)
    case .admit(let id, let descriptor, let isReadOnly, let isKernel):
      admit(descriptor, id, isReadOnly: isReadOnly, isKernel: isKernel)
    case .listen(let ticket, let id, let setup): listen(ticket, id, setup)
    case .unlisten(let ticket, let id, let listener): unlisten(ticket, id, listener)
    case .allocationFound(let ticket, let extents): allocationFound(ticket, extents)
    case .adopt(let id, let descriptor, let bytes): adopt(descriptor, id, exportBytes: bytes)
    case .handOver: stop(leaving: true)
    case .stop: stop(leaving: false)
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
    refuseReopening(id, setup, .noSuchDevice)
  }

  private mutating func pathGone(_ id: UInt32, _ pathID: UInt32) {
    guard let device = device(id), let path = devices[device].index(ofPath: pathID) else { return }
    decide(
      device,
      .pathLost(path, FaultCause(errno: Errno.enodev, operation: .read, offset: 0)))
  }

  private mutating func pathFenced(_ id: UInt32, _ pathID: UInt32) {
    guard let device = device(id), let path = devices[device].index(ofPath: pathID) else { return }
    endAllQuietTimes(device, of: path)
  }

  private mutating func identityChecked(
    _ id: UInt32, _ pathID: UInt32, _ generation: UInt32, _ verdict: IdentityVerdict
  ) {
    guard let device = device(id), let path = devices[device].index(ofPath: pathID) else { return }
    decide(device, .identityChecked(path, generation: generation, verdict))
  }

  private mutating func fenceFinished(
    _ id: UInt32, _ pathID: UInt32, _ generation: UInt32, succeeded: Bool
  ) {
    guard let device = device(id), let path = devices[device].index(ofPath: pathID) else { return }
    decide(device, .fenceFinished(path, generation: generation, succeeded: succeeded))
  }

  /// No new work: listeners close, clients can send no more, and what they have sent is answered.
  private mutating func stop(leaving: Bool) {
    guard !isStopping else { return }
    isStopping = true
    if leaving { beginLeaving() }
    for device in 0..<devices.count where devices[device].isOpen {
      closeListeners(device)
      decide(device, .stop)
      endTrace(device, .deviceGone)
      endAllQuietTimes(device)
    }
    for index in 0..<UInt32(sessions.count) { endReceiving(index) }
    // A client that takes no replies must not hold up the end.
    scheduleHousekeeping()
  }
}

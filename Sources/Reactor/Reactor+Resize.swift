internal import BasicContainers
internal import BlockIO
internal import Engine
internal import Multipath
internal import NBD

/// A device whose medium has another size now. New clients are told it; those that are connected keep what
/// they were told, and their requests are held against what is there.
extension Reactor {
  mutating func resize(
    _ ticket: UInt64, _ id: UInt32, _ export: ExportDescription, usableBytes: UInt64
  ) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    let block = devices[device].engine.machine.configuration.geometry.blockBytes
    guard
      let geometry = Geometry(
        sizeBytes: usableBytes / UInt64(block) * UInt64(block), blockBytes: block)
    else { return report(.refused(ticket: ticket, .system(errno: Errno.einval))) }
    devices[device].export = export
    devices[device].limits = export.limits.limited(to: usableBytes)
    devices[device].engine.decide(
      .setGeometry(geometry), at: now, arena: &arena, effects: &effects)
    drainEffects(device)
    report(.done(ticket: ticket))
  }

  /// Whether what lies beyond `end`, where no new request reaches any more, stays as it is from now on.
  mutating func drain(_ ticket: UInt64, _ id: UInt32, beyond end: UInt64) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    let isUnderWay =
      devices[device].pending.hasChange(beyond: end)
      || devices[device].engine.hasChange(beyond: end)
    report(isUnderWay ? .refused(ticket: ticket, .changesUnderWay) : .done(ticket: ticket))
  }

  mutating func retold(_ id: UInt32, _ descriptor: Int32) {
    guard let device = device(id) else { return }
    for index in 0..<sessions.count
    where sessions[index].device == UInt32(device) && sessions[index].descriptor == descriptor {
      switch sessions[index].phase {
      case .serving: sessions[index].exportBytes = devices[device].export.sizeBytes
      case .vacant, .negotiating, .draining, .closing: break
      }
    }
  }

  /// Clients that were told another size than the device has now.
  func staleClients(of device: Int) -> Int {
    var count = 0
    for index in 0..<sessions.count where sessions[index].device == UInt32(device) {
      switch sessions[index].phase {
      case .serving where sessions[index].exportBytes != devices[device].export.sizeBytes:
        count += 1
      case .vacant, .negotiating, .serving, .draining, .closing: break
      }
    }
    return count
  }
}

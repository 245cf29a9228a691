internal import BasicContainers
internal import BlockIO
internal import Engine
internal import Glibc
internal import Multipath

/// The end of a device: no new clients, an answer to everything that was asked, then the paths.
extension Reactor {
  mutating func destroy(_ ticket: UInt64, _ id: UInt32, force: Bool) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    let users = clients(of: device)
    guard force || users == 0 else {
      return report(.refused(ticket: ticket, .inUse(sessions: users)))
    }
    devices[device].ending = .destroyed(ticket: ticket)
    tearDown(device)
  }

  /// Sessions that can still send requests; one whose client has said that no more will come is none.
  private func clients(of device: Int) -> Int {
    var count = 0
    for index in 0..<sessions.count where sessions[index].device == UInt32(device) {
      switch sessions[index].phase {
      case .serving: count += 1
      case .vacant, .negotiating, .draining, .closing: break
      }
    }
    return count
  }

  /// Closes the listener and lets every session end: what a client has sent is answered, and nothing more
  /// is read from it. Paths follow when nothing is outstanding on them.
  mutating func tearDown(_ device: Int) {
    closeListeners(device)
    devices[device].closesAt = now + ReactorLimits.endPatience
    for index in 0..<UInt32(sessions.count) where sessions[Int(index)].device == UInt32(device) {
      endReceiving(index)
    }
    decide(device, .stop)
    endTrace(device, .deviceGone)
    endAllQuietTimes(device)
    // Neither a server nor a client that does not answer may hold up the end.
    scheduleHousekeeping()
    endIfDestroyed(device)
  }

  /// Clients that take no replies, or that a silent path keeps waiting, do not hold up the end.
  mutating func closeOverdueSessions() -> Bool {
    var isEnding = false
    for device in 0..<devices.count where devices[device].isOpen {
      guard let due = devices[device].closesAt, devices[device].sessions > 0 else { continue }
      isEnding = true
      guard !(now < due) else { continue }
      for index in 0..<UInt32(sessions.count) where sessions[Int(index)].device == UInt32(device) {
        beginClose(index)
      }
    }
    return isEnding
  }

  /// Once a device that is to go is quiet, its descriptors go back; once the kernel has let go of its
  /// connections too, the wish is answered.
  mutating func endIfDestroyed(_ device: Int) {
    guard devices[device].isOpen, let ending = devices[device].ending, devices[device].isQuiet
    else { return }
    switch devices[device].closing {
    case .underWay: return
    case .done: break
    case .notYet:
      devices[device].closing = .underWay
      devices[device].engine.close(arena: &arena)
      for index in 0..<devices[device].paths.count where devices[device].paths[index].isOccupied {
        closePath(device, PathIndex(UInt8(index)))
      }
      devices[device].closing = .done
    }
    guard devices[device].connections == 0 else { return }
    devices[device].isOpen = false
    devices[device].deadline = nil
    switch ending {
    case .destroyed(let ticket): report(.done(ticket: ticket))
    case .refused(let ticket, let refusal): report(.refused(ticket: ticket, refusal))
    }
  }
}

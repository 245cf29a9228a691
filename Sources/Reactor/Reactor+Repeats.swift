internal import BasicContainers
internal import CLinux

/// The kernel repeats what a connection that it has given up had not answered, on another one.
///
/// It ends the connection first, so what is still in that connection's socket may be a copy of a change that has been
/// acknowledged elsewhere by now, and followed by newer ones: it must not be carried out. (What has been carried
/// out in part is ordered by the engine, see `Engine.keepsSessionsApart`.) A look at the socket before each
/// batch of requests is enough: as long as the kernel holds to a connection, it has repeated nothing of it, and
/// what it repeats later is read by this very thread later.
extension Reactor {
  /// Before a device's kernel gets a connection: the ones that it has given up are closed.
  mutating func closeLeftByKernel(_ device: Int) {
    for index in 0..<UInt32(sessions.count)
    where sessions[Int(index)].device == UInt32(device) && isGivenUpByKernel(index) {
      beginClose(index)
    }
  }

  /// The same, where the kernel has other connections that it may be using already. With one, that is noticed
  /// when it is given another, and the hot path is spared a system call.
  func isLeftByKernel(_ index: UInt32) -> Bool {
    let session = sessions[Int(index)]
    guard session.isKernel, devices[Int(session.device)].kernelSessions > 1 else { return false }
    return isGivenUpByKernel(index)
  }

  /// Both directions of the connection have been shut down, and not by us.
  func isGivenUpByKernel(_ index: UInt32) -> Bool {
    let session = sessions[Int(index)]
    guard session.isKernel, session.phase == .serving else { return false }
    return mp_has_hung_up(session.descriptor)
  }
}

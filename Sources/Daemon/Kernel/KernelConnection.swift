internal import CLinux
internal import Glibc

/// A fresh connection between a device and the kernel: its two ends.
struct KernelConnection: Sendable {
  /// What the kernel will be given. Closed by whoever gives it.
  let client: Int32
  /// What a reactor serves, and owns.
  let server: Int32
  /// The same end once more, to see from the control side when the kernel has let go. An open descriptor
  /// does not keep a connection up: both sides shut it down when they end it.
  let watch: Int32

  /// Several at once, or none: nil when no descriptors are left.
  static func make(_ count: Int) -> [KernelConnection]? {
    var connections: [KernelConnection] = []
    for _ in 0..<count {
      guard let connection = make() else {
        for made in connections { made.drop() }
        return nil
      }
      connections.append(connection)
    }
    return connections
  }

  private func drop() {
    for descriptor in [client, server, watch] { close(descriptor) }
  }

  /// Nil when no descriptors are left.
  static func make() -> KernelConnection? {
    var ends: [Int32] = [-1, -1]
    guard unsafe mp_socket_pair(&ends) == 0 else { return nil }
    let watch = fcntl(ends[1], F_DUPFD_CLOEXEC, 0)
    guard watch >= 0 else {
      close(ends[0])
      close(ends[1])
      return nil
    }
    return KernelConnection(client: ends[0], server: ends[1], watch: watch)
  }
}

internal import Control
internal import Glibc

/// A device's place in the kernel, as the control side knows it.
struct KernelLink {
  enum State {
    /// Being attached, or without any connection.
    case connecting
    case up
    case detaching
  }

  /// A connection that the kernel has.
  struct End {
    /// The daemon's end, to see the connection end.
    let watch: Int32
    /// What the reactor knows that end by; only a name here.
    let server: Int32
  }

  var attachment: KernelAttachment
  var state = State.connecting
  var ends: [End] = []
  /// The kernel is being offered a connection in the place of one that it has lost.
  var isReconnecting = false
  /// When the kernel still had an earlier connection, that was said.
  var hasComplained = false

  /// It has all its connections: only then may its size be changed.
  var isWhole: Bool { state == .up && ends.count == attachment.connections }

  /// How long a request may be out before the kernel asks what has become of it.
  ///
  /// With one connection and no NBD timeout, a request that is out for longer than `io_timeout` costs one line in
  /// the kernel's log each time, and 2 s make few of them. With several, the kernel ends that request's connection
  /// and repeats it on another. Changes are kept in order all the same, but the wait for a path would
  /// begin anew each time; so the kernel is told to wait for longer than the daemon ever does.
  static func retryMilliseconds(_ attachment: KernelAttachment, _ settings: DeviceSettings)
    -> UInt64
  {
    if attachment.connections == 1 { return retryOfOneMilliseconds }
    let wait = max(settings.waitForPathSeconds, settings.holdTimeoutSeconds)
    return min(wait, waitSecondsMax) * 1000 + retryOfManyMilliseconds
  }

  private static let retryOfOneMilliseconds: UInt64 = 2000
  private static let retryOfManyMilliseconds: UInt64 = 10_000
  /// What the kernel's counter of milliseconds can hold, with room to spare.
  private static let waitSecondsMax: UInt64 = 86400

  mutating func drop(_ end: End) {
    close(end.watch)
    ends.removeAll { $0.watch == end.watch }
    if ends.isEmpty, state == .up { state = .connecting }
  }

  mutating func dropAll() {
    for end in ends { close(end.watch) }
    ends = []
  }

  var status: KernelDeviceStatus {
    let device = attachment.number.map { KernelDevice($0) }
    let link: KernelDeviceStatus.Link =
      switch state {
      case .connecting: .connecting
      case .up: .up
      case .detaching: .detaching
      }
    return KernelDeviceStatus(
      device: device?.name.path, link: link, deadConnSeconds: attachment.deadConnSeconds,
      connections: attachment.connections, connectionsUp: ends.count,
      holders: device?.holders ?? [], mounts: device?.mounts ?? [])
  }
}

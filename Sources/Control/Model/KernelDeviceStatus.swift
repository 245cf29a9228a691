/// How a device is attached to the kernel.
package struct KernelDeviceStatus: Codable, Hashable, Sendable {
  /// What the connection between kernel and daemon does.
  package enum Link: String, CaseIterable, Codable, Sendable {
    /// Requests flow.
    case up
    /// It is being made, or made anew; requests wait.
    case connecting
    /// The device is being taken back.
    case detaching
  }

  /// Such as /dev/nbd0; nil while the kernel has not given one.
  package let device: String?
  package let link: Link
  package let deadConnSeconds: UInt64
  /// Between kernel and daemon: how many there should be, and how many there are.
  package let connections: Int
  package let connectionsUp: Int
  /// Devices on top of it, such as dm-0.
  package let holders: [String]
  /// Where it, or a partition of it, is mounted or used for swap.
  package let mounts: [String]

  package init(
    device: String?, link: Link, deadConnSeconds: UInt64, connections: Int = 1,
    connectionsUp: Int = 1, holders: [String] = [],
    mounts: [String] = []
  ) {
    self.device = device
    self.link = link
    self.deadConnSeconds = deadConnSeconds
    self.connections = connections
    self.connectionsUp = connectionsUp
    self.holders = holders
    self.mounts = mounts
  }
}

/// That a device is attached to the kernel, as the state file remembers it.
package struct KernelAttachment: Codable, Hashable, Sendable {
  /// Written into the kernel device as its backend; what a restarted daemon knows its own by.
  package let identifier: String
  /// N of /dev/nbdN; nil until the kernel has given one.
  package var number: UInt32?
  package let deadConnSeconds: UInt64
  /// Between the kernel and the daemon.
  package let connections: Int
  /// The boot of the machine in which it was attached: the kernel's devices do not outlive it.
  package var boot: String

  package init(
    identifier: String, number: UInt32? = nil, deadConnSeconds: UInt64, connections: Int = 1,
    boot: String
  ) {
    self.identifier = identifier
    self.number = number
    self.deadConnSeconds = deadConnSeconds
    self.connections = connections
    self.boot = boot
  }

  /// Reads what this or an earlier daemon remembers.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    identifier = try fields.decode(String.self, forKey: .identifier)
    number = try fields.decodeIfPresent(UInt32.self, forKey: .number)
    deadConnSeconds = try fields.decode(UInt64.self, forKey: .deadConnSeconds)
    let count = try fields.decodeIfPresent(Int.self, forKey: .connections) ?? 1
    connections = min(max(count, 1), AttachMethod.connectionsMax)
    boot = try fields.decode(String.self, forKey: .boot)
  }

  /// What every identifier begins with.
  package static let prefix = "mpath:"

  /// What every identifier of a device begins with; the udev rule cuts the name out between colons.
  package static func prefix(of device: String) -> String { prefix + device + ":" }

  package var guarded: GuardedDevice {
    GuardedDevice(identifier: identifier, deadConnSeconds: deadConnSeconds)
  }
}

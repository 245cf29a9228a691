/// That a device is attached to the kernel, as the state file remembers it.
package struct KernelAttachment: Codable, Hashable, Sendable {
  /// Written into the kernel device as its backend; what a restarted daemon knows its own by.
  package let identifier: String
  /// N of /dev/nbdN; nil until the kernel has given one.
  package var number: UInt32?
  package let deadConnSeconds: UInt64
  /// The boot of the machine in which it was attached: the kernel's devices do not outlive it.
  package var boot: String

  package init(
    identifier: String, number: UInt32? = nil, deadConnSeconds: UInt64, boot: String
  ) {
    self.identifier = identifier
    self.number = number
    self.deadConnSeconds = deadConnSeconds
    self.boot = boot
  }

  /// What every identifier begins with.
  package static let prefix = "mpath:"

  /// What every identifier of a device begins with; the udev rule cuts the name out between colons.
  package static func prefix(of device: String) -> String { prefix + device + ":" }

  package var guarded: GuardedDevice {
    GuardedDevice(identifier: identifier, deadConnSeconds: deadConnSeconds)
  }
}

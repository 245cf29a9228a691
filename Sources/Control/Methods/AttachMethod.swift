/// `attach`: make a device a block device of this machine's kernel, /dev/nbdN.
package enum AttachMethod: ControlMethod {
  package static let name = "attach"
  package static let access = ControlAccess.changing
  /// How long the kernel lets requests wait for a daemon that is gone.
  package static let deadConnSecondsDefault: UInt64 = 300
  package static let deadConnSecondsMax: UInt64 = 30 * 86400
  package static let connectionsMax = 16

  /// What to attach, and how.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// Such as /dev/nbd3; nil for any that is free.
    package let kernelDevice: String?
    package let deadConnSeconds: UInt64
    /// Between the kernel and the daemon.
    package let connections: Int

    package init(
      name: String, kernelDevice: String? = nil,
      deadConnSeconds: UInt64 = AttachMethod.deadConnSecondsDefault, connections: Int = 1
    ) {
      self.name = name
      self.kernelDevice = kernelDevice
      self.deadConnSeconds = deadConnSeconds
      self.connections = connections
    }

    /// Reads the parameters; what a client leaves out has the default of the command line.
    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      name = try fields.decode(String.self, forKey: .name)
      kernelDevice = try fields.decodeIfPresent(String.self, forKey: .kernelDevice)
      deadConnSeconds =
        try fields.decodeIfPresent(UInt64.self, forKey: .deadConnSeconds)
        ?? AttachMethod.deadConnSecondsDefault
      connections = try fields.decodeIfPresent(Int.self, forKey: .connections) ?? 1
    }

    /// Refuses what no look at the system is needed to refuse; the number of the wished device.
    package func check() throws(ControlError) -> UInt32? {
      guard (1...AttachMethod.deadConnSecondsMax).contains(deadConnSeconds) else {
        throw ControlError(
          .badRequest,
          "the dead-connection time is 1 to \(AttachMethod.deadConnSecondsMax) seconds",
          hint: "without one, every restart of mpathd would be an I/O error")
      }
      guard (1...AttachMethod.connectionsMax).contains(connections) else {
        throw ControlError(
          .badRequest, "a device has 1 to \(AttachMethod.connectionsMax) connections to the kernel",
          hint: "one is the default; more help where one CPU cannot carry the load")
      }
      return try kernelDevice.map { operand throws(ControlError) in
        try KernelDeviceName(operand).number
      }
    }
  }

  /// Where the device is now.
  package struct Result: Codable, Hashable, Sendable {
    package let name: String
    /// Such as /dev/nbd0.
    package let kernelDevice: String
    /// What the operator should know although it is attached.
    package let warning: String?

    package init(name: String, kernelDevice: String, warning: String? = nil) {
      self.name = name
      self.kernelDevice = kernelDevice
      self.warning = warning
    }
  }
}

/// A path that might be one of a device: what the registry knows of it.
package struct Candidate: Hashable, Sendable {
  /// What the last look at it has shown.
  package enum State: Hashable, Sendable {
    /// It has not been looked at yet.
    case new
    /// It is being looked at, and has not answered so far.
    case silent
    case unlabelled
    case labelled
    /// It has something like a label that is not to be used: why.
    case refused(String)
    /// Mounted, or used by something else: it was not looked at.
    case busy
    /// Why it could not be read.
    case unreadable(String)
  }

  /// What the system says of a block device.
  package struct Identity: Hashable, Sendable {
    /// Such as `sdb`.
    package var kernelName: String
    /// Such as `8:16`.
    package var number: String
    /// Other names below /dev, such as `disk/by-id/wwn-0x5000c500a1b2c3d4`.
    package var aliases: [String]
    package var serial: String?
    package var wwn: String?
    package var model: String?
    /// Where it is plugged in, as udev has it, such as `pci-0000:00:1f.2-ata-1`.
    package var physicalPath: String?

    package init(
      kernelName: String, number: String, aliases: [String] = [], serial: String? = nil,
      wwn: String? = nil, model: String? = nil
    ) {
      self.kernelName = kernelName
      self.number = number
      self.aliases = aliases
      self.serial = serial
      self.wwn = wwn
      self.model = model
    }
  }

  /// An absolute name, or an NBD server's address.
  package let path: String
  package var state = State.new
  /// Nil for what is no block device.
  package var identity: Identity?
  /// 0 while it is not known.
  package var sizeBytes: UInt64 = 0
  package var blockBytes: UInt32 = 0
  /// Of its label.
  package var uuid: String?
  package var label: String?

  package init(path: String) {
    self.path = path
  }
}

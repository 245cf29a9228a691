/// What the last sector of a medium says.
package struct MediumFacts: Codable, Hashable, Sendable {
  /// A label, field by field.
  package struct Label: Codable, Hashable, Sendable {
    package let version: UInt32
    package let name: String
    package let uuid: String
    package let mode: DeviceMode
    /// Of the medium as it was labelled; nil when not recorded.
    package let sizeBytes: UInt64?
    package let sectorBytes: UInt32?

    package init(
      version: UInt32, name: String, uuid: String, mode: DeviceMode, sizeBytes: UInt64?,
      sectorBytes: UInt32?
    ) {
      self.version = version
      self.name = name
      self.uuid = uuid
      self.mode = mode
      self.sizeBytes = sizeBytes
      self.sectorBytes = sectorBytes
    }
  }

  /// Absolute.
  package let path: String
  /// As it is now; nil when it cannot be found out.
  package let sizeBytes: UInt64?
  package let blockBytes: UInt32?
  package let label: Label?
  /// Why there is no label, or why the one that is there is not used.
  package let problem: String?
  /// The device of this daemon that uses the medium.
  package let device: String?

  package init(
    path: String, sizeBytes: UInt64? = nil, blockBytes: UInt32? = nil, label: Label? = nil,
    problem: String? = nil, device: String? = nil
  ) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.blockBytes = blockBytes
    self.label = label
    self.problem = problem
    self.device = device
  }
}

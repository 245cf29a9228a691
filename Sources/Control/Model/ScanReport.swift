/// What a look at all candidates shows without a daemon: not how things are, but what a daemon would make of them.
package struct ScanReport: Codable, Hashable, Sendable {
  /// A device that a daemon would make.
  package struct Device: Codable, Hashable, Sendable {
    package let name: String
    package let uuid: String
    package let mode: DeviceMode
    /// What its clients would be served.
    package let sizeBytes: UInt64
    package let paths: [String]

    package init(name: String, uuid: String, mode: DeviceMode, sizeBytes: UInt64, paths: [String]) {
      self.name = name
      self.uuid = uuid
      self.mode = mode
      self.sizeBytes = sizeBytes
      self.paths = paths
    }
  }

  /// Always false: this is no live state.
  package let live: Bool
  package let devices: [Device]
  /// Candidates that have something like a label, which would not be used.
  package let refused: [PathRemark]
  /// Candidates that could not be looked at, with the reason.
  package let unread: [PathRemark]

  package init(devices: [Device], refused: [PathRemark], unread: [PathRemark]) {
    live = false
    self.devices = devices
    self.refused = refused
    self.unread = unread
  }
}

/// What is needed to make a device again that has no label on its medium.
package struct DeviceSpecification: Codable, Hashable, Sendable {
  /// One path of the device and whether an operator holds it.
  package struct Path: Codable, Hashable, Sendable {
    /// Absolute.
    package let path: String
    /// A hold outlives the daemon: what an operator took out of use must not come back by itself.
    package let held: Bool

    package init(path: String, held: Bool = false) {
      self.path = path
      self.held = held
    }
  }

  package let name: String
  package let mode: DeviceMode
  /// Kept, so that a path whose medium was swapped meanwhile is noticed.
  package let sizeBytes: UInt64
  package let blockBytes: UInt32
  package let noPathTimeoutSeconds: UInt64
  package let io: PathIO
  package let allowDuplicate: Bool
  /// Oldest first.
  package let paths: [Path]

  package init(
    name: String, mode: DeviceMode, sizeBytes: UInt64, blockBytes: UInt32,
    options: DeviceOptions, paths: [Path]
  ) {
    self.name = name
    self.mode = mode
    self.sizeBytes = sizeBytes
    self.blockBytes = blockBytes
    self.noPathTimeoutSeconds = options.noPathTimeoutSeconds
    self.io = options.io
    self.allowDuplicate = options.allowDuplicate
    self.paths = paths
  }

  package var options: DeviceOptions {
    DeviceOptions(
      noPathTimeoutSeconds: noPathTimeoutSeconds, io: io, allowDuplicate: allowDuplicate)
  }
}

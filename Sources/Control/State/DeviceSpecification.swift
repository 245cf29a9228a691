/// What is needed to make a device again.
///
/// Of a labelled device the medium knows the most; what is here says where it was, and what an operator has
/// set.
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

  /// How a device knows its medium that has a label.
  package struct Label: Codable, Hashable, Sendable {
    package let uuid: String
    package let name: String
    /// The sector at the medium's end that is kept from the device's users.
    package let sectorBytes: UInt32

    package init(uuid: String, name: String, sectorBytes: UInt32) {
      self.uuid = uuid
      self.name = name
      self.sectorBytes = sectorBytes
    }
  }

  package let name: String
  package let mode: DeviceMode
  /// Of the whole medium. Kept, so that a path whose medium was swapped meanwhile is noticed.
  package let sizeBytes: UInt64
  package let blockBytes: UInt32
  package let noPathTimeoutSeconds: UInt64
  package let io: PathIO
  package let allowDuplicate: Bool
  /// Oldest first.
  package let paths: [Path]
  /// What `set` has changed, by its keys; nil when nothing.
  package let settings: [String: String]?
  /// The full name of the path that failback returns to.
  package let preferred: String?
  /// Nil when it is not attached to the kernel.
  package let kernel: KernelAttachment?
  /// What was found out about the caches behind the paths when all of them answered.
  package let cache: CacheFacts?
  /// Nil for a device without a label.
  package let label: Label?
  /// Where it is served besides its own socket; nil for nowhere.
  package let exports: [ExportSpecification]?

  package init(
    name: String, mode: DeviceMode, sizeBytes: UInt64, blockBytes: UInt32,
    options: DeviceOptions, paths: [Path], settings: [String: String]? = nil,
    preferred: String? = nil, kernel: KernelAttachment? = nil, cache: CacheFacts? = nil,
    label: Label? = nil, exports: [ExportSpecification]? = nil
  ) {
    self.name = name
    self.mode = mode
    self.sizeBytes = sizeBytes
    self.blockBytes = blockBytes
    self.noPathTimeoutSeconds = options.noPathTimeoutSeconds
    self.io = options.io
    self.allowDuplicate = options.allowDuplicate
    self.paths = paths
    self.settings = settings
    self.preferred = preferred
    self.kernel = kernel
    self.cache = cache
    self.label = label
    self.exports = exports
  }

  /// Keys that this program does not know, in order.
  package var unknownSettings: [String] {
    Assignment.list(settings ?? [:]).filter { (try? $0.target()) == nil }.map { $0.key }
  }

  /// The settings in force, of the device and of each path; keys that only a newer daemon knows are
  /// passed over, since a device without one of its settings is better than none.
  package func currentSettings() throws(ControlError) -> (DeviceSettings, [PathSettings]) {
    var device = DeviceSettings(mode: mode, options: options)
    var each = paths.map { _ in PathSettings() }
    let passedOver = unknownSettings
    let known = Assignment.list(settings ?? [:]).filter { !passedOver.contains($0.key) }
    let names = paths.map { (name: PathOperand.shortName(of: $0.path), path: $0.path) }
    try Assignment.apply(known, to: &device, paths: &each) { operand throws(ControlError) in
      try PathOperand.match(operand: operand, among: names)
    }
    return (device, each)
  }

  package var options: DeviceOptions {
    DeviceOptions(
      noPathTimeoutSeconds: noPathTimeoutSeconds, io: io, allowDuplicate: allowDuplicate)
  }
}

/// `resize`: look at the size of a device's paths now, and have the device follow it.
package enum ResizeMethod: ControlMethod {
  package static let name = "resize"
  package static let access = ControlAccess.changing

  /// Which device, and whether it may become smaller.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// True: what is beyond the end of a medium that has shrunk is given up.
    package let shrink: Bool?

    package init(name: String, shrink: Bool = false) {
      self.name = name
      self.shrink = shrink ? true : nil
    }
  }

  /// The size in force.
  package struct Result: Codable, Hashable, Sendable {
    package let sizeBytes: UInt64
    /// What the operator should know although the change was made.
    package let warning: String?

    package init(sizeBytes: UInt64, warning: String? = nil) {
      self.sizeBytes = sizeBytes
      self.warning = warning
    }
  }
}

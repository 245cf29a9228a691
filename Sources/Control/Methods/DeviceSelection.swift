/// One device by name, or all of them.
package struct DeviceSelection: Codable, Hashable, Sendable {
  /// Nil means every device.
  package let name: String?

  package init(name: String? = nil) {
    self.name = name
  }
}

/// One device by name, or all of them.
package struct DeviceSelection: Codable, Hashable, Sendable {
  /// Nil means every device.
  package let name: String?
  /// True: also devices that are closed to clients and wait for the last answers of their paths.
  package let all: Bool?

  package init(name: String? = nil, all: Bool = false) {
    self.name = name
    self.all = all ? true : nil
  }
}

/// One device by name, for methods that must not mean all devices by omission.
package struct OneDevice: Codable, Hashable, Sendable {
  package let name: String

  package init(name: String) {
    self.name = name
  }
}

/// One path of one device, by the device's name and by what `PathOperand.match` understands.
package struct PathSelection: Codable, Hashable, Sendable {
  package let name: String
  package let path: String

  package init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

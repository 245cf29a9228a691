/// `unexport`: serve a device at an address no longer.
package enum UnexportMethod: ControlMethod {
  package static let name = "unexport"
  package static let access = ControlAccess.changing

  /// Which device, and where.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    package let listen: String

    package init(name: String, listen: String) {
      self.name = name
      self.listen = listen
    }
  }

  package typealias Result = Change
}

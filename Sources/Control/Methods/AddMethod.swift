/// `add`: attach one more path to a running device.
package enum AddMethod: ControlMethod {
  package static let name = "add"
  package static let access = ControlAccess.changing

  /// What to attach to which device.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// Absolute: the daemon's working directory is not the caller's.
    package let path: String

    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }

    /// Refuses what no look at the system is needed to refuse.
    package func check() throws(ControlError) {
      try PathOperand.requireAbsolute(path)
    }
  }

  package typealias Result = Change
}

/// `remove`: take a path out of a device; answers when its last request has drained.
package enum RemoveMethod: ControlMethod {
  package static let name = "remove"
  package static let access = ControlAccess.changing

  /// Which path, and whether the device may end with it.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    package let path: String
    /// True: the last path may go, and the device ends with it, in use or not.
    package let force: Bool?

    package init(name: String, path: String, force: Bool = false) {
      self.name = name
      self.path = path
      self.force = force ? true : nil
    }
  }

  package typealias Result = Change
}

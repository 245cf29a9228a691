/// `prefer`: make a path the active one.
package enum PreferMethod: ControlMethod {
  package static let name = "prefer"
  package static let access = ControlAccess.changing

  /// Which path, and for how long.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    package let path: String
    /// Failback returns to it, and so does a restart; otherwise it is active until something changes that.
    package let sticky: Bool?

    package init(name: String, path: String, sticky: Bool = false) {
      self.name = name
      self.path = path
      self.sticky = sticky
    }
  }

  package typealias Result = Change
}

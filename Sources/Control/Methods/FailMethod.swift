/// `fail`: take a path out of service until `restore`.
package enum FailMethod: ControlMethod {
  package static let name = "fail"
  package static let access = ControlAccess.changing

  /// Which path, and for how long.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    package let path: String
    /// True: as gmultipath's FAIL, it gives way when the last good path fails, and does not outlive the
    /// daemon.
    package let soft: Bool?

    package init(name: String, path: String, soft: Bool = false) {
      self.name = name
      self.path = path
      self.soft = soft ? true : nil
    }
  }

  package typealias Result = Change
}

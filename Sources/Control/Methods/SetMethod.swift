/// `set`: change settings of a running device, all of those given or none.
package enum SetMethod: ControlMethod {
  package static let name = "set"
  package static let access = ControlAccess.changing

  /// What to change.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// By key; a path's key ends with what `PathOperand.match` understands.
    package let settings: [String: String]

    package init(name: String, settings: [String: String]) {
      self.name = name
      self.settings = settings
    }
  }

  package typealias Result = Change
}

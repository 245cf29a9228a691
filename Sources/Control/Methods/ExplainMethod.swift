/// `explain`: why paths were left and what was slow, with the facts of that moment.
package enum ExplainMethod: ControlMethod {
  package static let name = "explain"
  package static let access = ControlAccess.reading

  /// Which decisions.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// At most so many of the newest; nil means all that are remembered.
    package let last: Int?

    package init(name: String, last: Int? = nil) {
      self.name = name
      self.last = last
    }
  }

  package typealias Result = Explanation
}

/// The result of a method that changes something and has little to tell.
package struct Change: Codable, Hashable, Sendable {
  /// What the operator should know although the change was made, such as that no path is left.
  package let warning: String?

  package init(warning: String? = nil) {
    self.warning = warning
  }
}

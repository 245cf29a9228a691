/// A path, and what is to be said about it.
package struct PathRemark: Codable, Hashable, Sendable {
  /// Absolute.
  package let path: String
  /// A sentence that does not name the path again.
  package let reason: String
  /// What can be done about it.
  package let hint: String?

  package init(path: String, reason: String, hint: String? = nil) {
    self.path = path
    self.reason = reason
    self.hint = hint
  }
}

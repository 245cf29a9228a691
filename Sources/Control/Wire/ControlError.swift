/// A refusal in one sentence, with what to do about it.
package struct ControlError: Error, Codable, Hashable, Sendable {
  package let code: ControlErrorCode
  /// One sentence without the program's name and without a final full stop.
  package let message: String
  /// What the operator can do; nil when there is nothing to add.
  package let hint: String?

  package init(_ code: ControlErrorCode, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }
}

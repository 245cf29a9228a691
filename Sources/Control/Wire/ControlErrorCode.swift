/// Why the daemon said no, as a word that programs may branch on.
///
/// The sentence beside it is for people and may change; the code may not.
package enum ControlErrorCode: String, CaseIterable, Codable, Sendable {
  /// The request is no well-formed request, or a value in it breaks a stated rule.
  case badRequest = "bad-request"
  /// This daemon has no such method; a newer one may.
  case unknownMethod = "unknown-method"
  /// The request asks for a protocol version that this daemon does not speak.
  case unsupportedVersion = "unsupported-version"
  /// No device, or no path of it, goes by that name.
  case notFound = "not-found"
  /// The name, or the path, is taken already.
  case exists
  /// Understood and declined: sizes differ, a file cannot be opened, a path shows another medium.
  case refused
  /// Somebody else holds what is needed; the same request may succeed later.
  case busy
  /// The caller's user may not do this.
  case notPermitted = "not-permitted"
  /// Something outside the daemon did not answer in time.
  case timeout
  /// A fault of the daemon itself.
  case `internal`

  /// Reads a code, taking one that is not known here for `internal`.
  ///
  /// A newer daemon may have learnt codes, and its sentence must still reach the operator.
  package init(from decoder: any Decoder) throws {
    let word = try decoder.singleValueContainer().decode(String.self)
    self = ControlErrorCode(rawValue: word) ?? .internal
  }
}

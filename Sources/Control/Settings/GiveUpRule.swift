/// What to do about writes on a path that does not answer.
package enum GiveUpRule: String, CaseIterable, Codable, Sendable {
  /// Retry at once, and hold later writes to the same place until the first one's fate is known.
  case quarantine
  /// Never retry a write before its attempt has answered.
  case strict
}

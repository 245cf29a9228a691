/// A medium that has grown under a device which cannot follow it.
package struct GrowthFacts: Codable, Hashable, Sendable {
  /// The whole medium, with the label's sector.
  package let mediumBytes: UInt64
  /// When the device tried last, in milliseconds since 1970 UTC.
  package let triedAt: UInt64
  /// Why it keeps its size.
  package let reason: String
  /// What the operator can do about it.
  package let hint: String?

  package init(mediumBytes: UInt64, triedAt: UInt64, reason: String, hint: String?) {
    self.mediumBytes = mediumBytes
    self.triedAt = triedAt
    self.reason = reason
    self.hint = hint
  }
}

/// When one path would be suspect now, and how selectors see it.
package struct PathThresholds: Codable, Hashable, Sendable {
  package let name: String
  package let state: PathStatus.State
  /// It may be silent for this long now, with the attempts that it carries.
  package let patienceMicroseconds: UInt64
  /// What its slowest answers (p99.9) usually take; nil before there have been enough of them.
  package let usualMicroseconds: UInt64?
  package let averageMicroseconds: UInt64?
  /// A read that takes longer may be hedged.
  package let hedgeAfterMicroseconds: UInt64?
  package let outstanding: Int
  package let outstandingBytes: UInt64
  package let unresolved: Int
  package let priority: Int
  package let weight: Int

  package init(
    name: String, state: PathStatus.State, patienceMicroseconds: UInt64,
    usualMicroseconds: UInt64? = nil, averageMicroseconds: UInt64? = nil,
    hedgeAfterMicroseconds: UInt64? = nil, outstanding: Int = 0, outstandingBytes: UInt64 = 0,
    unresolved: Int = 0, priority: Int = 0, weight: Int = 1
  ) {
    self.name = name
    self.state = state
    self.patienceMicroseconds = patienceMicroseconds
    self.usualMicroseconds = usualMicroseconds
    self.averageMicroseconds = averageMicroseconds
    self.hedgeAfterMicroseconds = hedgeAfterMicroseconds
    self.outstanding = outstanding
    self.outstandingBytes = outstandingBytes
    self.unresolved = unresolved
    self.priority = priority
    self.weight = weight
  }
}

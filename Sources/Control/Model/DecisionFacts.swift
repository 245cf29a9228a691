/// One decision as it was: what happened to which path, why, and what else could have been chosen.
package struct DecisionFacts: Codable, Hashable, Sendable {
  /// What happened.
  package enum Kind: String, CaseIterable, Codable, Sendable {
    /// The path answered with an error.
    case fault
    /// It answered nothing while a sibling did.
    case stall
    /// A request took ten times what the path's slowest usually take.
    case slow
  }

  /// A sibling at that moment.
  package struct Alternative: Codable, Hashable, Sendable {
    /// Nil when it has been removed since.
    package let path: String?
    package let state: PathStatus.State
    package let outstanding: Int
    package let averageMicroseconds: UInt64?
    package let priority: Int

    package init(
      path: String?, state: PathStatus.State, outstanding: Int, averageMicroseconds: UInt64?,
      priority: Int
    ) {
      self.path = path
      self.state = state
      self.outstanding = outstanding
      self.averageMicroseconds = averageMicroseconds
      self.priority = priority
    }
  }

  /// Milliseconds since 1970 UTC.
  package let time: UInt64
  package let kind: Kind
  /// Nil when it has been removed since.
  package let path: String?
  /// Such as `EIO on write at 4096`.
  package let cause: String
  /// How long the request, or the path, had been without an answer.
  package let waitedMicroseconds: UInt64
  package let patienceMicroseconds: UInt64
  package let usualMicroseconds: UInt64?
  /// Attempts that waited for the path.
  package let live: Int
  /// Stalls: attempts that went elsewhere, and those that could not.
  package let reissued: Int?
  package let waiting: Int?
  /// Slow requests that this stands for; the facts are those of the slowest.
  package let count: Int
  /// The active path afterwards.
  package let active: String?
  package let alternatives: [Alternative]

  package init(
    time: UInt64, kind: Kind, path: String?, cause: String, waitedMicroseconds: UInt64,
    patienceMicroseconds: UInt64, usualMicroseconds: UInt64? = nil, live: Int = 0,
    reissued: Int? = nil, waiting: Int? = nil, count: Int = 1, active: String? = nil,
    alternatives: [Alternative] = []
  ) {
    self.time = time
    self.kind = kind
    self.path = path
    self.cause = cause
    self.waitedMicroseconds = waitedMicroseconds
    self.patienceMicroseconds = patienceMicroseconds
    self.usualMicroseconds = usualMicroseconds
    self.live = live
    self.reissued = reissued
    self.waiting = waiting
    self.count = count
    self.active = active
    self.alternatives = alternatives
  }
}

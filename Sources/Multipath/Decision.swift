public import BlockIO

/// Why the machine left a path, or what was slow on it: the facts at that moment, for `explain`.
public struct Decision: Sendable, BitwiseCopyable, Codable {
  /// What happened.
  public enum Kind: UInt8, Sendable, BitwiseCopyable, Codable {
    /// An attempt or a probe was answered with an error.
    case fault
    /// It answered nothing while a sibling did.
    case stall
    /// An attempt took ten times what the path's slowest usually take; nothing was done about it.
    case slow
  }

  /// A sibling that could have been chosen, or could not.
  public struct Alternative: Sendable, BitwiseCopyable, Codable {
    /// Nil when it has been removed since.
    public internal(set) var path: PathIndex?
    public internal(set) var state = PathState.passive
    public internal(set) var outstanding: Int32 = 0
    public internal(set) var averageTime = Interval.zero
    public internal(set) var priority: UInt8 = 0
  }

  public internal(set) var kind = Kind.fault
  /// Nil when it has been removed since.
  public internal(set) var path: PathIndex?
  public internal(set) var at = Instant.zero
  public internal(set) var cause = FaultCause(errno: 0, operation: .read, offset: 0)
  /// How long the request or the path had been without an answer.
  public internal(set) var waited = Interval.zero
  /// What the path was allowed, and what its slowest answers usually take; zero: not enough history.
  public internal(set) var patience = Interval.zero
  public internal(set) var usual = Interval.zero
  /// Attempts that waited for the path.
  public internal(set) var live: Int32 = 0
  /// Stalls: attempts that went elsewhere, and those that could not.
  public internal(set) var reissued: Int32 = 0
  public internal(set) var waiting: Int32 = 0
  /// Slow attempts that this record stands for; the facts are those of the slowest.
  public internal(set) var count: UInt32 = 1
  /// The active path afterwards.
  public internal(set) var successor: PathIndex?
  public internal(set) var alternatives = InlineArray<8, Alternative>(repeating: Alternative())
  public internal(set) var alternativeCount = 0

  /// Siblings that one record has room for.
  public static let alternativesMax = 8

  init() {}
}

/// A path that went out of service by itself, and since when what it carried had waited.
public struct Outage: Sendable, BitwiseCopyable, Codable {
  public let path: PathIndex
  public let since: Instant
  public let at: Instant
}

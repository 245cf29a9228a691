public import BlockIO

/// Whether an outside action has to cut a path off before what it carried may be changed through another.
///
/// Without a fence, an attempt's answer is what says that it can do nothing more; for a connection to a server
/// that is the end of its quiet time.
public struct FencePolicy: Sendable, BitwiseCopyable, Hashable, Codable {
  public var isRequired: Bool
  /// The wait after a fence that failed, doubling up to the longest. A path is fenced until that succeeds.
  public var retryFirst: Interval
  public var retryLongest: Interval

  public init(
    isRequired: Bool = false, retryFirst: Interval = .seconds(1),
    retryLongest: Interval = .seconds(60)
  ) {
    self.isRequired = isRequired
    self.retryFirst = retryFirst
    self.retryLongest = retryLongest
  }

  public static let none = FencePolicy()
  public static let required = FencePolicy(isRequired: true)
}

/// How far the fencing of one path has come.
public enum PathFence: Hashable, Sendable, BitwiseCopyable, Codable {
  /// Nothing has to be fenced.
  case none
  /// The path may hold changes; changes wait since then, and a fence is being tried.
  case running(since: Instant)
  /// The same; the last try has failed, or none has begun, and the next one is due.
  case waiting(since: Instant, until: Instant)
  /// Cut off: changes go elsewhere. Until the path is back in service.
  case fenced(at: Instant)
}

/// What the machine keeps for the fencing of one place of the path table.
struct FenceRecord: BitwiseCopyable, Codable, Sendable {
  var state = PathFence.none
  /// Goes up at each try, and when one is of no use any more: tells a late outcome.
  var generation: UInt32 = 0
  /// The wait after the next failure.
  var wait = Interval.zero
  /// A change that was outstanding when the path was lost has been given back without an answer of the path's.
  var isUnproven = false
  /// The device's write epoch when a change last ended on the path, and the one up to which its cache is
  /// known to be empty.
  var changedEpoch: UInt64 = 0
  var flushedEpoch: UInt64 = 0
}

public import BlockIO

/// Why a path is out of service: the last error it gave, and on what.
public struct FaultCause: Hashable, Sendable, BitwiseCopyable, Codable {
  /// Positive errno; 0 when an operator or an identity check is the cause.
  public let errno: Int32
  public let operation: Operation
  public let offset: UInt64

  public init(errno: Int32, operation: Operation, offset: UInt64) {
    self.errno = errno
    self.operation = operation
    self.offset = offset
  }
}

/// Whether a path carries requests, from the machine's own experience with it. An operator's hold
/// is kept apart (`PathRecord.isHeld`), since nothing but the operator may end it.
public enum PathService: Hashable, Sendable, BitwiseCopyable, Codable {
  /// Carries requests. Entered at attach, by restore, by good probes, and by auto-restore.
  case good
  /// Answered an attempt or a probe with an error that may be the path's fault. Left by restore, by
  /// good probes, and by auto-restore when the last good path fails.
  case failed(FaultCause)
  /// The path itself is gone (ENODEV, ENOTCONN …). As `failed`, but auto-restore leaves it alone:
  /// there is nothing there to try.
  case lost(FaultCause)
  /// Shows another medium than its siblings. Left only by an operator's restore with a good check.
  case foreign
}

/// What occupies a place in the path table.
public enum PathTenancy: UInt8, Sendable, BitwiseCopyable, Codable {
  case vacant
  case attached
  /// Removed by the operator; attempts are still outstanding.
  case leaving
}

/// One path as the decision machine sees it: state, load, flush bookkeeping and counters.
public struct PathRecord: Sendable, BitwiseCopyable, Codable {
  public internal(set) var tenancy = PathTenancy.vacant
  public internal(set) var service = PathService.good
  /// An operator's `fail`: sticky until `restore`, untouched by auto-restore and probes.
  public internal(set) var isHeld = false
  /// The hold is gmultipath's FAIL: auto-restore may end it.
  public internal(set) var holdYields = false
  /// When service, hold or tenancy last changed.
  public internal(set) var changedAt = Instant.zero

  /// Attempts that have not answered, given up or not.
  public internal(set) var outstanding: Int32 = 0
  /// Those that were given up: their requests went elsewhere, their outcome is not known yet. The path
  /// does not return before there are none. Without those of ended connections.
  public internal(set) var unresolved: Int32 = 0
  /// Attempts of ended connections, given up or not.
  public internal(set) var cut: Int32 = 0
  /// Flushes, discards and zeroes among the attempts that were not given up: they may take long.
  var slowOutstanding: Int32 = 0
  /// Bytes of all outstanding attempts.
  public internal(set) var outstandingBytes: UInt64 = 0
  /// The path's share under service-time, 1 to 100.
  public internal(set) var weight: UInt32 = 1
  /// Its group: the usable paths with the lowest number carry everything.
  public internal(set) var priority: UInt8 = 0
  /// A moving average of how long its attempts take, an eighth of the way to each new one.
  public internal(set) var averageTime = Interval.zero
  /// The turn in which a selector chose it last, and when it was tried because nothing was known of it.
  var chosenAt: UInt64 = 0
  var triedAt = Instant.zero
  /// A read that takes longer than most (p97) may be hedged; zero without enough history.
  public internal(set) var hedgeAfter = Interval.zero
  /// The oldest attempt that has not been looked at for hedging.
  var hedgeNext = RequestRecord.none
  /// When nobody could take its late read: the time to look again.
  var hedgeNotBefore = Instant.zero
  /// The last sign of life: any answer to an attempt or a probe.
  var answeredAt = Instant.zero
  /// A sibling has answered while this path did not: when that was.
  var accusedAt: Instant?
  /// When attempts began to be outstanding without a break.
  var busySince = Instant.zero
  /// What its slowest answers usually take: the larger p99.9 of its reads and its writes; zero without
  /// enough history.
  public internal(set) var usual = Interval.zero
  /// Times in a row that attempts which cannot be given up have been looked at; each doubles the wait.
  var stallBackoff: UInt8 = 0
  /// Times it was found to be stalled.
  public internal(set) var stalls: UInt64 = 0
  /// Attempts in the order of their issue, linked through their records.
  var firstAttempt = RequestRecord.none
  var lastAttempt = RequestRecord.none
  /// gmultipath's tie-breaker: how many times the path was passed over since it was last chosen.
  var idleCount: UInt32 = 0

  /// The device's write epoch at the path's last acknowledged write, and the one its last flush covers.
  var dirtyEpoch: UInt64 = 0
  var cleanEpoch: UInt64 = 0
  /// The epoch at which it was attached: what its cache may hold from before is nobody's acknowledged write.
  var attachedEpoch: UInt64 = 0

  var probe = ProbeState()
  public internal(set) var counters = PathCounters()

  init() {}

  /// Carries requests: attached, in good service and not held.
  var isUsable: Bool { tenancy == .attached && service == .good && !isHeld }

  var isDirty: Bool { dirtyEpoch > cleanEpoch }

  /// Its cache holds writes acknowledged since it was attached.
  var hasUnflushedWrites: Bool { dirtyEpoch > max(cleanEpoch, attachedEpoch) }

  /// Until when it is not even probed, since it has failed soon after each of its last returns; nil when it is
  /// probed as usual.
  public var keptOutUntil: Instant? {
    switch service {
    case .good, .foreign: return nil
    case .failed, .lost: break
    }
    guard probe.holdDown > .zero, let due = probe.dueAt, due == changedAt + probe.holdDown
    else { return nil }
    return due
  }

  /// Times in a row that it failed soon after it had returned.
  public var flaps: UInt32 { probe.flaps }

  mutating func noteTime(_ took: Interval) {
    let average = averageTime.nanoseconds
    let sample = took.nanoseconds
    averageTime = Interval(
      nanoseconds: average == 0
        ? sample
        : sample > average ? average + (sample - average) / 8 : average - (average - sample) / 8)
  }

  /// Attempts that the path is expected to answer, and whose requests still wait for them.
  var live: Int32 { outstanding - unresolved - cut }

  /// Attempts that its cap is for.
  var carried: Int32 { outstanding - cut }

  /// May be put back into service by auto-restore: attached, FAIL, not held except by a hold that yields,
  /// and owing no answers.
  var isRestorable: Bool {
    guard tenancy == .attached, !isHeld || holdYields, unresolved == 0 else { return false }
    switch service {
    case .failed: return true
    case .good: return isHeld
    case .lost, .foreign: return false
    }
  }
}

/// Probing of one path that is out of service.
struct ProbeState: Sendable, BitwiseCopyable, Codable {
  var isInFlight = false
  /// Waiting for the outcome of the identity check that precedes the return.
  var awaitsIdentity = false
  /// Opened anew since it was lost: an answer that it is gone is news.
  var wasReopened = false
  var goodInRow: Int32 = 0
  var goodNeeded: Int32 = 0
  /// Bumped whenever probing starts anew, so that an answer to an older probe is recognised.
  var generation: UInt32 = 0
  var wait = Interval.zero
  var dueAt: Instant?
  /// Picks the next block to read.
  var round: UInt64 = 0
  var startedAt = Instant.zero
  /// Where the last probe read.
  var offset: UInt64 = 0
  /// Bad probes in a row of a path in service.
  var badInRow: Int32 = 0
  /// Flapping: when it last returned, and how long it stays out next time.
  var returnedAt: Instant?
  var flaps: UInt32 = 0
  var holdDown = Interval.zero
}

/// Counters since the path was attached.
public struct PathCounters: Sendable, BitwiseCopyable, Equatable, Codable {
  public var attempts: UInt64 = 0
  public var reads: UInt64 = 0
  public var writes: UInt64 = 0
  public var bytesRead: UInt64 = 0
  public var bytesWritten: UInt64 = 0
  /// Attempts that ended in an error of any class.
  public var errors: UInt64 = 0
  /// Times the path was marked FAIL or LOST.
  public var failures: UInt64 = 0
  /// Times it came back, by whatever cause.
  public var restores: UInt64 = 0

  public init() {}
}

/// A point on a monotonic clock, in nanoseconds since an arbitrary origin.
///
/// Production reads CLOCK_MONOTONIC once per reactor turn; the simulator counts its own. Nothing
/// in the pure modules asks a clock: every input carries the instant at which it happened.
public struct Instant: Comparable, Hashable, Sendable, BitwiseCopyable, Codable {
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  public static let zero = Instant(nanoseconds: 0)

  @inlinable
  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  @inlinable
  public static func + (left: Instant, right: Interval) -> Instant {
    Instant(nanoseconds: left.nanoseconds &+ right.nanoseconds)
  }

  /// An earlier instant; not before the clock's origin.
  @inlinable
  public static func - (left: Instant, right: Interval) -> Instant {
    Instant(
      nanoseconds: left.nanoseconds > right.nanoseconds
        ? left.nanoseconds &- right.nanoseconds : 0)
  }

  /// The time from `right` to `left`; zero when `right` is later, since an interval is never negative.
  @inlinable
  public static func - (left: Instant, right: Instant) -> Interval {
    Interval(
      nanoseconds: left.nanoseconds > right.nanoseconds
        ? left.nanoseconds &- right.nanoseconds : 0)
  }
}

/// A length of time in nanoseconds, never negative.
public struct Interval: Comparable, Hashable, Sendable, BitwiseCopyable, Codable {
  public var nanoseconds: UInt64

  @inlinable
  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  public static let zero = Interval(nanoseconds: 0)

  @inlinable
  public static func microseconds(_ count: UInt64) -> Interval {
    Interval(nanoseconds: count * 1_000)
  }

  @inlinable
  public static func milliseconds(_ count: UInt64) -> Interval {
    Interval(nanoseconds: count * 1_000_000)
  }

  @inlinable
  public static func seconds(_ count: UInt64) -> Interval {
    Interval(nanoseconds: count * 1_000_000_000)
  }

  public var milliseconds: UInt64 { nanoseconds / 1_000_000 }

  @inlinable
  public static func < (left: Interval, right: Interval) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

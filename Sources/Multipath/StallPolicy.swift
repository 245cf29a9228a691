public import BlockIO

/// What to do about attempts that a stalled path has not answered.
public enum GiveUpMode: UInt8, Sendable, BitwiseCopyable, Codable {
  /// Retry writes elsewhere at once, and hold later writes to the same place until the first attempt's
  /// fate is known.
  case quarantine
  /// Never retry a write before its attempt has answered (what dm-multipath and GEOM do).
  case strict

  public var word: String {
    switch self {
    case .quarantine: "quarantine"
    case .strict: "strict"
    }
  }
}

/// When a path counts as stalled, and what follows.
///
/// Stalling is relative: a path is suspect when it has answered nothing for longer than `floor` and
/// `factor` times its own p99.9 (the less the more attempts wait), while it has attempts outstanding and a sibling has answered something.
/// Where no sibling was busy, one is probed as a witness: when nobody answers, the target is slow and no
/// path is to blame.
public struct StallPolicy: Sendable, BitwiseCopyable, Codable {
  public var mode: GiveUpMode
  public var floor: Interval
  public var factor: UInt64
  /// The longest wait, whatever a path's history says.
  public var ceiling: Interval
  /// After a pause of the whole target all paths answer at once, one of them first: the others get this long
  /// before they are judged by its testimony.
  public var grace: Interval
  /// Attempts whose extents are in quarantine at once; when there is no room, a write is not given up.
  public var ghostsMax: Int
  /// How long a request may wait for a ghost before it fails with EIO.
  public var holdTimeout: Interval

  public init(
    mode: GiveUpMode = .quarantine, floor: Interval = .milliseconds(50), factor: UInt64 = 8,
    ceiling: Interval = .seconds(30), grace: Interval = .milliseconds(10), ghostsMax: Int = 128,
    holdTimeout: Interval = .seconds(60)
  ) {
    self.mode = mode
    self.floor = floor
    self.factor = factor
    self.ceiling = ceiling
    self.grace = grace
    self.ghostsMax = ghostsMax
    self.holdTimeout = holdTimeout
  }
}

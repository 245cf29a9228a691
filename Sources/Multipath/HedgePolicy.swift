public import BlockIO

/// Asking a second path when the first is late: off unless wanted.
public struct HedgePolicy: Sendable, BitwiseCopyable, Codable {
  /// Extra reads per hundred, at most; 0 turns hedging off.
  public var percent: UInt32
  /// Never sooner than this, whatever the path's history says.
  public var floor: Interval
  /// Hedges that may be saved up.
  public var burst: UInt32

  public init(percent: UInt32 = 0, floor: Interval = .microseconds(200), burst: UInt32 = 32) {
    self.percent = percent
    self.floor = floor
    self.burst = burst
  }
}

/// What happens when the preferred path returns.
public enum Failback: Hashable, Sendable, BitwiseCopyable, Codable {
  /// The active path stays until it fails or an operator changes it (gmultipath).
  case manual
  /// The preferred path becomes active again once it has been good for this long.
  case after(Interval)
}

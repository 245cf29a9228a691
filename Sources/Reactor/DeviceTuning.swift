public import BlockIO
public import Multipath

/// Everything about a device that may change while it is in use, in the machine's terms.
public struct DeviceTuning: Sendable {
  public var mode: Mode
  /// A selector that spreads.
  public var selector: SelectorKind
  public var stall: StallPolicy
  public var hedge: HedgePolicy
  public var failback: Failback
  public var fence: FencePolicy
  public var cacheDomain: CacheDomain
  public var probe: ProbeSchedule
  public var noPathTimeout: Interval
  public var noPathBytesMax: UInt64
  /// How long a server may still carry out what it was sent after the end of the connection; what has been left
  /// behind before a change of it keeps its time.
  public var quietTime: Interval
  public var paths: [PathTuning]

  public init(
    mode: Mode, selector: SelectorKind, stall: StallPolicy, hedge: HedgePolicy, failback: Failback,
    probe: ProbeSchedule, noPathTimeout: Interval, noPathBytesMax: UInt64, paths: [PathTuning],
    fence: FencePolicy = .none, cacheDomain: CacheDomain = .shared,
    quietTime: Interval = .seconds(5)
  ) {
    self.mode = mode
    self.selector = selector
    self.stall = stall
    self.hedge = hedge
    self.failback = failback
    self.fence = fence
    self.cacheDomain = cacheDomain
    self.probe = probe
    self.noPathTimeout = noPathTimeout
    self.noPathBytesMax = noPathBytesMax
    self.quietTime = quietTime
    self.paths = paths
  }

  /// A machine's beginning with these settings.
  public func configuration(_ geometry: Geometry) -> MultipathConfiguration {
    MultipathConfiguration(
      mode: mode, geometry: geometry, cacheDomain: cacheDomain, noPathTimeout: noPathTimeout,
      noPathBytesMax: noPathBytesMax, probe: probe, stall: stall, hedge: hedge,
      failback: failback, fence: fence)
  }
}

/// The same for one of its paths.
public struct PathTuning: Sendable {
  public let id: UInt32
  public let priority: UInt8
  public let weight: UInt32

  public init(id: UInt32, priority: UInt8, weight: UInt32) {
    self.id = id
    self.priority = priority
    self.weight = weight
  }
}

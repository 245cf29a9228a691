public import BlockIO

/// What a device's decision machine is told at its creation. Every table is sized from it.
public struct MultipathConfiguration: Sendable, Codable {
  public var mode: Mode
  public var cacheDomain: CacheDomain
  public var geometry: Geometry
  /// Requests in the machine at once; a power of two is not needed.
  public var requestsMax: Int
  /// Attempts a path carries at once, so that a hung path holds at most its share.
  public var attemptsPerPathMax: Int
  /// How long a request waits for a usable path before it fails; zero fails it at once.
  public var noPathTimeout: Interval
  /// Payload of all requests that wait for a usable path; one that would exceed it fails at once.
  public var noPathBytesMax: UInt64
  public var probe: ProbeSchedule
  public var stall: StallPolicy
  public var hedge: HedgePolicy
  public var failback: Failback
  public var fence: FencePolicy

  public init(
    mode: Mode, geometry: Geometry, cacheDomain: CacheDomain = .shared, requestsMax: Int = 256,
    attemptsPerPathMax: Int = 128, noPathTimeout: Interval = .seconds(60),
    noPathBytesMax: UInt64 = 32 << 20, probe: ProbeSchedule = ProbeSchedule(),
    stall: StallPolicy = StallPolicy(),
    hedge: HedgePolicy = HedgePolicy(), failback: Failback = .manual,
    fence: FencePolicy = .none
  ) {
    self.mode = mode
    self.geometry = geometry
    self.cacheDomain = cacheDomain
    self.requestsMax = requestsMax
    self.attemptsPerPathMax = attemptsPerPathMax
    self.noPathTimeout = noPathTimeout
    self.noPathBytesMax = noPathBytesMax
    self.probe = probe
    self.stall = stall
    self.hedge = hedge
    self.failback = failback
    self.fence = fence
  }

  /// Paths of one device; `PathSet` has a bit for each.
  public static let pathsMax = 32
}

/// When a failed path is probed and what it takes to trust it again.
public struct ProbeSchedule: Sendable, BitwiseCopyable, Codable {
  /// Wait before the first probe, and after each good one.
  public var first: Interval
  /// The wait doubles after each bad probe up to this.
  public var longest: Interval
  /// Good probes in a row before the path returns.
  public var goodNeeded: Int
  /// A path in service that has answered nothing for this long is probed, while its device is in use and
  /// has another path.
  public var idle: Interval
  /// The same while nobody uses the device.
  public var unused: Interval
  /// A path that fails within this time of its return is flapping: it stays out longer each time.
  public var flapWindow: Interval
  /// The first wait of a flapping path, doubling to the longest; halved for each window that it stays good.
  public var flapFirst: Interval
  public var flapLongest: Interval

  public init(
    first: Interval = .milliseconds(100), longest: Interval = .seconds(10), goodNeeded: Int = 3,
    idle: Interval = .seconds(5), unused: Interval = .seconds(60),
    flapWindow: Interval = .seconds(30), flapFirst: Interval = .seconds(1),
    flapLongest: Interval = .seconds(300)
  ) {
    self.first = first
    self.longest = longest
    self.goodNeeded = goodNeeded
    self.idle = idle
    self.unused = unused
    self.flapWindow = flapWindow
    self.flapFirst = flapFirst
    self.flapLongest = flapLongest
  }
}

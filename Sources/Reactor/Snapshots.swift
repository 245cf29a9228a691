public import BlockIO
public import Multipath

/// One device at one moment, as plain values.
public struct DeviceSnapshot: Sendable {
  public let id: UInt32
  public let state: DeviceState
  public let sessions: Int
  /// Those of them that were told another size than the device has now.
  public let staleSessions: Int
  public let queuedRequests: Int
  /// Payload of those.
  public let queuedBytes: UInt64
  /// Requests that wait for a ghost.
  public let heldRequests: Int
  /// How long the first of those has waited.
  public let heldLongest: Interval?
  /// Attempts that were given up and may still change the medium.
  public let ghosts: Int
  public let counters: DeviceCounters
  /// Where failback returns to.
  public let preferred: UInt32?
  public let paths: [PathSnapshot]
  public let mediumFaults: [MediumFault]
  /// io_uring_enter calls of the reactor that serves it.
  public let reactorEnters: UInt64
}

/// One path at one moment.
public struct PathSnapshot: Sendable {
  public let id: UInt32
  public let state: PathState
  public let outstanding: Int
  /// Connections to a server that are up; 0 for a file.
  public let connections: Int
  public let record: PathRecord
  /// How long it may be silent before it is suspect.
  public let patience: Interval
  public let readTimes: LatencyHistogram
  public let writeTimes: LatencyHistogram
}

/// A `Decision` with paths named as the control side names them; nil for one that has been removed.
public struct DecisionSnapshot: Sendable {
  public let decision: Decision
  public let path: UInt32?
  public let successor: UInt32?
  public let alternatives: [UInt32?]
}

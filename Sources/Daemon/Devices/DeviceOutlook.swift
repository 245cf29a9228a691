internal import BlockIO
internal import Multipath
internal import Reactor

/// What the status of a device shows of its snapshot: where this is the same, so is the status.
struct DeviceOutlook: Equatable {
  private let state: DeviceState
  private let sessions: Int
  private let staleSessions: Int
  private let queuedRequests: Int
  private let queuedBytes: UInt64
  private let heldRequests: Int
  private let heldMilliseconds: UInt64?
  private let ghosts: Int
  private let preferred: UInt32?
  private let paths: [Path]
  private let clockSet: UInt64

  private struct Path: Equatable {
    let id: UInt32
    let state: PathState
    let outstanding: Int
    let connections: Int
    let service: PathService
    let holdYields: Bool
    let changedAt: Instant
    let keptOutUntil: Instant?
    let flaps: UInt32
    let unresolved: Int32
    let stalls: UInt64
    let priority: UInt8
    let weight: UInt32
    let patience: Interval
  }

  /// - Parameter clockSet: Another number when the clock on the wall has been set, as times are shown by that.
  init(_ snapshot: DeviceSnapshot, clockSet: UInt64) {
    self.clockSet = clockSet
    state = snapshot.state
    sessions = snapshot.sessions
    staleSessions = snapshot.staleSessions
    queuedRequests = snapshot.queuedRequests
    queuedBytes = snapshot.queuedBytes
    heldRequests = snapshot.heldRequests
    heldMilliseconds = snapshot.heldLongest?.milliseconds
    ghosts = snapshot.ghosts
    preferred = snapshot.preferred
    paths = snapshot.paths.map { path in
      Path(
        id: path.id, state: path.state, outstanding: path.outstanding,
        connections: path.connections, service: path.record.service,
        holdYields: path.record.holdYields, changedAt: path.record.changedAt,
        keptOutUntil: path.record.keptOutUntil, flaps: path.record.flaps,
        unresolved: path.record.unresolved, stalls: path.record.stalls,
        priority: path.record.priority, weight: path.record.weight, patience: path.patience)
    }
  }
}

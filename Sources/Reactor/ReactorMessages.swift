public import BlockIO
public import Multipath
public import NBD

/// A path as the control side has opened it: a descriptor and what the reactor must know to use it.
public struct PathSetup: Sendable {
  /// Names the path in every message, for the life of the daemon.
  public let id: UInt32
  /// Negative for a path that is not there yet.
  public let descriptor: Int32
  /// Submission may block: every attempt is handed to a kernel worker.
  public let needsWorker: Bool
  public let isBlockDevice: Bool
  /// Not in service from the start: why.
  public let lost: FaultCause?
  public let isHeld: Bool

  public init(
    id: UInt32, descriptor: Int32, needsWorker: Bool, isBlockDevice: Bool,
    lost: FaultCause? = nil, isHeld: Bool = false
  ) {
    self.id = id
    self.descriptor = descriptor
    self.needsWorker = needsWorker
    self.isBlockDevice = isBlockDevice
    self.lost = lost
    self.isHeld = isHeld
  }
}

/// A device to be served.
public struct DeviceSetup: Sendable {
  public let id: UInt32
  public let configuration: MultipathConfiguration
  public let export: ExportDescription
  /// A listening socket; the reactor owns it from here on.
  public let listener: Int32
  public let paths: [PathSetup]

  public init(
    id: UInt32, configuration: MultipathConfiguration, export: ExportDescription, listener: Int32,
    paths: [PathSetup]
  ) {
    self.id = id
    self.configuration = configuration
    self.export = export
    self.listener = listener
    self.paths = paths
  }
}

/// What the control side asks of a reactor. `ticket` comes back in the answer.
public enum ReactorCommand: Sendable {
  case create(ticket: UInt64, DeviceSetup)
  /// Closes the listener and the sessions, drains the paths, answers when all is quiet.
  case destroy(ticket: UInt64, device: UInt32)
  case addPath(ticket: UInt64, device: UInt32, PathSetup)
  case removePath(ticket: UInt64, device: UInt32, path: UInt32)
  case holdPath(ticket: UInt64, device: UInt32, path: UInt32)
  case restorePath(ticket: UInt64, device: UInt32, path: UInt32)
  /// A restore of a path that did not answer when it was compared: the hold ends, the failure stays.
  case releaseHold(ticket: UInt64, device: UInt32, path: UInt32, FaultCause)
  case markForeign(ticket: UInt64, device: UInt32, path: UInt32)
  /// A path that was lost has been opened anew. The old descriptor comes back in `.closed`.
  case reopenPath(device: UInt32, PathSetup)
  case identityChecked(device: UInt32, path: UInt32, generation: UInt32, IdentityVerdict)
  case snapshot(ticket: UInt64)
  /// No new requests; what is in flight is answered; then `.stopped`.
  case stop
}

/// What a reactor tells the control side.
public enum ReactorReport: Sendable {
  case done(ticket: UInt64)
  case refused(ticket: UInt64, ReactorRefusal)
  case snapshot(ticket: UInt64, [DeviceSnapshot])
  case event(device: UInt32, DeviceEvent)
  /// Compare this path with its siblings and answer with `identityChecked`.
  case checkIdentity(device: UInt32, path: UInt32, generation: UInt32)
  /// Nothing uses this descriptor any more.
  case closed(device: UInt32, path: UInt32, descriptor: Int32)
  /// The ring is up; commands are obeyed.
  case started
  case stopped
  /// There is no ring, or it failed: the reactor has ended. One sentence says what to do.
  case broken(advice: String)
}

public enum ReactorRefusal: Error, Hashable, Sendable {
  case noSuchDevice
  case noSuchPath
  case tooManyDevices
  case tooManyPaths
  case system(errno: Int32)
}

/// A `MultipathEvent` with paths named as the control side names them.
public enum DeviceEvent: Sendable, Hashable {
  case pathFailed(path: UInt32, FaultCause)
  case pathLost(path: UInt32, FaultCause)
  case pathForeign(path: UInt32)
  case pathHeld(path: UInt32)
  case pathStalled(path: UInt32, quiet: Interval, reissued: Int, waiting: Int)
  case pathResolved(path: UInt32)
  case pathRestored(path: UInt32, RestoreCause)
  case activeChanged(from: UInt32?, to: UInt32?)
  case queueingBegan
  case queueingEnded
  case mediumError(FaultCause)
  case slowClientDropped
}

/// One device at one moment, as plain values.
public struct DeviceSnapshot: Sendable {
  public let id: UInt32
  public let state: DeviceState
  public let sessions: Int
  public let queuedRequests: Int
  /// Requests that wait for a ghost, and the ghosts.
  public let heldRequests: Int
  public let ghosts: Int
  public let counters: DeviceCounters
  public let paths: [PathSnapshot]
  /// io_uring_enter calls of the reactor that serves it.
  public let reactorEnters: UInt64
}

/// One path at one moment.
public struct PathSnapshot: Sendable {
  public let id: UInt32
  public let state: PathState
  public let service: PathService
  public let changedAt: Instant
  public let outstanding: Int
  /// Of these, given up: their outcome is not known yet.
  public let unresolved: Int
  /// How long it may be silent before it is suspect.
  public let patience: Interval
  public let stalls: UInt64
  public let counters: PathCounters
}

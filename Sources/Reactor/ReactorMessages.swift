public import BlockIO
public import Multipath
public import NBD

/// A path as the control side has opened it, and what the reactor must know to use it.
public struct PathSetup: Sendable {
  /// Names the path in every message, for the life of the daemon.
  public let id: UInt32
  /// Its descriptors are lent to the reactor, and come back in `.closed`; after a refusal they have stayed
  /// the caller's.
  public let access: PathAccess
  /// Not in service from the start: why.
  public let lost: FaultCause?
  public let isHeld: Bool
  /// Failback returns to it.
  public let isPreferred: Bool

  public init(
    id: UInt32, access: PathAccess, lost: FaultCause? = nil, isHeld: Bool = false,
    isPreferred: Bool = false
  ) {
    self.id = id
    self.access = access
    self.lost = lost
    self.isHeld = isHeld
    self.isPreferred = isPreferred
  }
}

/// A device to be served.
public struct DeviceSetup: Sendable {
  public let id: UInt32
  public let configuration: MultipathConfiguration
  public let export: ExportDescription
  /// What every path has: more than the export where a label takes the last sector.
  public let mediumBytes: UInt64
  /// A listening socket, which the reactor owns from here on; -1 for none.
  public let listener: Int32
  public let paths: [PathSetup]
  public let tuning: DeviceTuning

  public init(
    id: UInt32, configuration: MultipathConfiguration, export: ExportDescription,
    mediumBytes: UInt64? = nil, listener: Int32, paths: [PathSetup], tuning: DeviceTuning
  ) {
    self.id = id
    self.configuration = configuration
    self.export = export
    self.mediumBytes = mediumBytes ?? export.sizeBytes
    self.listener = listener
    self.paths = paths
    self.tuning = tuning
  }
}

/// What the control side asks of a reactor. `ticket` comes back in the answer.
public enum ReactorCommand: Sendable {
  case create(ticket: UInt64, DeviceSetup)
  /// Closes the listener, answers what clients have sent, closes their sessions, drains the paths, and
  /// answers when all is quiet. Without `force`, refused with `.inUse` while clients are connected.
  case destroy(ticket: UInt64, device: UInt32, force: Bool)
  case addPath(ticket: UInt64, device: UInt32, PathSetup)
  case removePath(ticket: UInt64, device: UInt32, path: UInt32)
  /// With `yields`, auto-restore may end the hold.
  case holdPath(ticket: UInt64, device: UInt32, path: UInt32, yields: Bool)
  case restorePath(ticket: UInt64, device: UInt32, path: UInt32)
  /// A restore of a path that did not answer when it was compared: the hold ends, the failure stays.
  case releaseHold(ticket: UInt64, device: UInt32, path: UInt32, FaultCause)
  case markForeign(ticket: UInt64, device: UInt32, path: UInt32)
  /// A path has been opened anew: the new access takes the place of the old one, whose descriptors come back
  /// in `.closed`. What is in flight on an old file ends there; old connections are ended. When that
  /// cannot be done, it is the new descriptors that come back in `.closed`, followed by `.reopenRefused`.
  case reopenPath(device: UInt32, PathSetup)
  /// The block device behind the path is not there any more: the path is lost until it is reopened.
  case pathGone(device: UInt32, path: UInt32)
  /// Whatever ended connections of the path have left behind can not land any more, since a fence has
  /// cut them off: what waited for the quiet time is over now. Connections that are up are not concerned.
  case pathFenced(device: UInt32, path: UInt32)
  case identityChecked(device: UInt32, path: UInt32, generation: UInt32, IdentityVerdict)
  /// The outcome of the fence that a `.fence` report asked for.
  case fenceFinished(device: UInt32, path: UInt32, generation: UInt32, succeeded: Bool)
  /// Takes over all of these settings; answers `.done`.
  case tune(ticket: UInt64, device: UInt32, DeviceTuning)
  /// Makes a path the active one; refused with `.pathNotUsable`.
  case prefer(ticket: UInt64, device: UInt32, path: UInt32, sticky: Bool)
  /// Makes the next usable path the active one.
  case rotate(ticket: UInt64, device: UInt32)
  /// The medium has another size: new clients are told `export`, and nothing beyond `usableBytes` is
  /// carried out.
  case resize(ticket: UInt64, device: UInt32, ExportDescription, usableBytes: UInt64)
  /// Whether no change of what lies beyond `beyond` is under way any more; else refused with `.changesUnderWay`.
  case drain(ticket: UInt64, device: UInt32, beyond: UInt64)
  /// The client of this connection has been told the device's new size.
  case retold(device: UInt32, descriptor: Int32)
  /// Fails what waits; answers `.counted`.
  case failQueued(ticket: UInt64, device: UInt32)
  /// Of one device, or of all.
  case snapshot(ticket: UInt64, device: UInt32?)
  /// What the device remembers of its decisions; answers `.explained`.
  case explain(ticket: UInt64, device: UInt32)
  /// Records what the device's machine is told; answers `.traceBegan`, then come `.traceChunk`s and at last
  /// `.traceEnded`.
  case trace(ticket: UInt64, device: UInt32, bytesMax: Int)
  /// So many chunks of the trace have been written away.
  case traceTaken(device: UInt32, chunks: Int)
  case endTrace(device: UInt32)
  /// Serves a connection that somebody made for the device, like one that was accepted; the reactor owns it.
  case admit(device: UInt32, descriptor: Int32, isReadOnly: Bool, isKernel: Bool = false)
  /// Serves the device at another socket; answers `.done`.
  case listen(ticket: UInt64, device: UInt32, ListenerSetup)
  /// Closes such a socket, and the sessions that came by it once they have been answered.
  case unlisten(ticket: UInt64, device: UInt32, listener: UInt32)
  /// What a reactor's own helper thread has found out about a file.
  case allocationFound(ticket: UInt64, [AllocationExtent])
  /// Goes on with a connection whose handshake another process has done, from the beginning of a request on;
  /// `exportBytes` is what its client was told.
  case adopt(device: UInt32, descriptor: Int32, exportBytes: UInt64)
  /// As `stop`; but the kernel's connections stay up, and come back in `.released` once they are at rest.
  case handOver
  /// No new requests; what is in flight is answered; then `.stopped`.
  case stop
}

/// What a reactor tells the control side.
public enum ReactorReport: Sendable {
  case done(ticket: UInt64)
  case refused(ticket: UInt64, ReactorRefusal)
  case snapshot(ticket: UInt64, [DeviceSnapshot])
  case counted(ticket: UInt64, Int)
  case explained(ticket: UInt64, [DecisionSnapshot])
  case traceBegan(ticket: UInt64, TraceBeginning)
  case traceChunk(device: UInt32, TraceChunk)
  case traceEnded(device: UInt32, TraceSummary)
  /// Something happened at an instant; `waited` is how long the requests of a path that went out of service
  /// had been without an answer.
  case event(device: UInt32, at: Instant, waited: Interval?, DeviceEvent)
  /// Compare this path with its siblings and answer with `identityChecked`.
  case checkIdentity(device: UInt32, path: UInt32, generation: UInt32)
  /// Cut this path off from the medium and answer with `fenceFinished`; changes wait until that has
  /// succeeded.
  case fence(device: UInt32, path: UInt32, generation: UInt32)
  /// Nothing uses these descriptors of the path any more. `isLast`: the path has been removed, or its device
  /// destroyed, and nothing more will come of it.
  case closed(device: UInt32, path: UInt32, descriptors: [Int32], isLast: Bool)
  /// The new access of a `reopenPath` cannot be used; everything is as it was before.
  case reopenRefused(device: UInt32, path: UInt32, ReactorRefusal)
  /// The path's connections have ended, all for the reason that one of them had; it is LOST until it is
  /// reopened. Comes once for a path, and not when the control side wished the end.
  case connectionLost(device: UInt32, path: UInt32, reason: ConnectionEnd)
  /// A connection of the kernel that has been handed over: the descriptor is the control side's.
  case released(device: UInt32, descriptor: Int32)
  /// The ring is up; commands are obeyed.
  case started
  /// Everything is over; servers may still carry out changes that were sent to them.
  case stopped(leavesChanges: Bool)
  /// There is no ring, or it failed: the reactor has ended. One sentence says what to do.
  case broken(advice: String)
}

public enum ReactorRefusal: Error, Hashable, Sendable {
  case noSuchDevice
  case noSuchPath
  /// Clients are connected.
  case inUse(sessions: Int)
  case pathNotUsable
  /// The active path has a cache of its own with changes that no flush has covered.
  case unflushed(path: UInt32)
  /// Changes that are to be over are not.
  case changesUnderWay
  case tracedAlready
  case noSuchListener
  case tooManyListeners
  case tooManyDevices
  case tooManyPaths
  /// The reactor has no room for as many connections to servers.
  case tooManyConnections
  /// The server's blocks do not fit the device's.
  case blockTooSmall(deviceBlockBytes: UInt32, minimumBlockBytes: UInt32)
  /// The server's export has another size than the device.
  case sizeDiffers(UInt64)
  /// The server does not allow writes.
  case readOnly
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
  case holdingBegan
  case holdingEnded
  case mediumError(FaultCause)
  case fenceBegan(path: UInt32)
  case fenceFailed(path: UInt32, retryIn: Interval)
  case fenceSucceeded(path: UInt32, waited: Interval)
  case fenceNotNeeded(path: UInt32)
  case flushFailed(path: UInt32?)
  case slowClientDropped
  case stateChanged(DeviceState)
}

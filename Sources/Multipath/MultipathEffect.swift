public import BlockIO

/// What the machine wants done. Appended to the caller's queue, in the order in which it must happen.
public enum MultipathEffect: Sendable, BitwiseCopyable {
  /// Try request `slot` on `path`; answer with `attemptFinished(token)`.
  ///
  /// With `needsOwnBuffer`, an earlier attempt of this read may still write to the request's buffer: it
  /// needs another one. Where there is none, answer with `attemptRefused(token)`.
  case issue(token: Token, slot: UInt32, path: PathIndex, needsOwnBuffer: Bool)
  /// Request `slot` is over, and its place is free. A read's data is where attempt `winner` put it.
  case finish(slot: UInt32, outcome: IOOutcome, winner: Token?)
  /// Read `range` from `path`; answer with `probeFinished(token)`.
  case probe(token: Token, path: PathIndex, range: ByteRange)
  /// Compare the path's medium with its siblings'; answer with `identityChecked`.
  case checkIdentity(path: PathIndex, generation: UInt32)
  /// Cut the path off, so that nothing which was sent through it changes the medium any more; answer with
  /// `fenceFinished`, within a limit of your own.
  case fence(path: PathIndex, generation: UInt32)
  /// A removed path has no outstanding attempts any more; its place is free.
  case drained(path: PathIndex)
  case event(MultipathEvent)
}

/// Something an operator may want to know, with the path it concerns.
public enum MultipathEvent: Hashable, Sendable, BitwiseCopyable {
  case pathFailed(PathIndex, FaultCause)
  case pathLost(PathIndex, FaultCause)
  case pathForeign(PathIndex)
  case pathHeld(PathIndex)
  /// The path answered nothing for `quiet` while others did; `reissued` of its attempts went elsewhere,
  /// `waiting` could not.
  case pathStalled(PathIndex, quiet: Interval, reissued: Int32, waiting: Int32)
  /// The last given-up attempt of the path has answered.
  case pathResolved(PathIndex)
  case pathRestored(PathIndex, RestoreCause)
  case activeChanged(from: PathIndex?, to: PathIndex?)
  /// No usable path is left; requests wait.
  case queueingBegan
  /// No request waits for a path any more.
  case queueingEnded
  /// A change waits for one of the same bytes that may still happen on another path, or for a fence.
  case holdingBegan
  /// No change waits for that any more.
  case holdingEnded
  /// Every path answered this with an error: the medium's fault, not a path's.
  case mediumError(FaultCause)
  /// Changes wait until the path has been cut off.
  case fenceBegan(PathIndex)
  /// It could not be cut off; the next try is in `retryIn`.
  case fenceFailed(PathIndex, retryIn: Interval)
  /// It has been cut off; changes had waited for `waited`.
  case fenceSucceeded(PathIndex, waited: Interval)
  /// It has answered everything, has returned, or an operator does without the fence.
  case fenceNotNeeded(PathIndex)
  /// A FLUSH failed, since acknowledged writes are in the cache of a path that is out of reach, or gone (nil:
  /// removed since).
  case flushFailed(PathIndex?)
}

/// Why a path came back into service.
public enum RestoreCause: UInt8, Hashable, Sendable, BitwiseCopyable {
  case `operator`
  case probes
  /// The last good path failed (gmultipath's auto-restore).
  case lastGoodPathFailed
  /// What took it down was said by every other path too.
  case mediumSpoke
  /// What took it down was asked for beyond the end of a medium that has shrunk.
  case mediumShrank
}

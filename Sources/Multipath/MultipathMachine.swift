internal import BasicContainers
public import BlockIO

/// The decision machine of one device: which path carries which attempt, what an error means, when a
/// path leaves and returns, and when a request is over.
///
/// Pure: it owns no descriptor, buffer, thread or clock. Inputs are its methods, each with the
/// instant at which it happened; what is to be done is appended to `effects`. The caller chooses the
/// slot of a request (0..<requestsMax) and may use it again after `.finish`.
///
/// The parts: `+Dispatch` chooses a path, `+Attempts` keeps what is outstanding, `+Completion` reads an
/// answer, `+Faults` takes paths out and back, `+Losses` knows of ended connections, `+Stalls` finds
/// paths that do not answer and gives up on them, `+Quarantine` keeps late writes from doing harm,
/// `+Fencing` waits until a path has been cut off, `+Hedging` asks twice when an answer is late, `+Flush` covers what was written, `+Probes` looks after
/// paths, `+Paths` is what an operator may do.
public struct MultipathMachine: ~Copyable {
  public typealias Effects = EffectQueue<MultipathEffect>

  public internal(set) var configuration: MultipathConfiguration
  public internal(set) var table: PathTable
  /// Carries what must keep its order, in active/passive and active/read; nil when nothing is usable.
  public internal(set) var active: PathIndex?

  /// Where failback returns to, and when it is due.
  public internal(set) var preferred: PathIndex?
  var failbackAt: Instant?
  /// The rule for what the mode shares among paths.
  var spread = SelectorKind.activeActive
  var requests: LazyTable<RequestRecord>
  var attempts: LazyTable<AttemptRecord>
  var freeAttempt: UInt32
  /// Requests that wait for room on a path; the caps of the paths are the reason.
  var roomQueue = RequestQueue()
  /// When requests that found no memory for an attempt try again.
  var memoryRetryAt: Instant?
  /// Requests that wait for any usable path, oldest first.
  var pathQueue = RequestQueue()
  /// Payload of those.
  public internal(set) var queuedBytes: UInt64 = 0
  /// Requests that wait for a ghost or a fence, in the order in which they began to.
  var holdQueue = RequestQueue()
  /// Attempts of ended connections, on all paths.
  var cutAttempts: Int32 = 0
  /// Attempts in quarantine.
  public internal(set) var ghosts = 0
  var fences: RigidArray<FenceRecord>
  /// Paths that left service by themselves, may still change the medium, and have not been fenced.
  public internal(set) var unfenced = PathSet()
  /// The last of them is fenced, and what waited for that has not been looked at yet.
  var hasHeldForFence = false
  /// Paths that have not answered for longer than they should, with nobody yet to say that it is
  /// their fault.
  var suspects = PathSet()
  /// Paths that are being convicted in this turn: auto-restore must not bring them back.
  var condemned = PathSet()
  var lastSubmitAt = Instant.zero
  /// When the machine was last told anything, and when before that: how long a pause of our own was.
  var ranAt = Instant.zero
  var ranBefore = Instant.zero
  /// Hedges that may be made, in hundredths.
  var hedgeCredit: UInt32 = 0
  /// Counts acknowledged writes; a path remembers the count at its last write and its last flush.
  var writeEpoch: UInt64 = 1
  /// Writes were acknowledged through a cache that nobody can flush any more: the next FLUSH fails.
  var owesFlushError = false
  /// The path whose writes they were, unless it has been removed.
  var flushDebtor: PathIndex?
  public internal(set) var counters = DeviceCounters()
  /// The last path that went out of service by itself, and since when its requests had waited.
  public internal(set) var lastOutage: Outage?
  /// Why paths were left and what was slow, for an operator who asks.
  public internal(set) var decisions = DecisionRing()
  /// Where the medium itself is bad.
  public internal(set) var mediumFaults = MediumFaults()
  /// Paths that went out for what turned out to be the medium's fault, and since when they may return.
  var acquitted = PathSet()
  var acquittedAt: Instant?
  /// Set by `stop`: nothing waits for a path any more.
  var isStopping = false
  /// What a test may break; nothing in production.
  var sabotage = Sabotage()
  private let inPlace = InPlace()

  public init(_ configuration: MultipathConfiguration) {
    precondition(configuration.requestsMax > 0)
    self.configuration = configuration
    table = PathTable(capacity: MultipathConfiguration.pathsMax)
    fences = RigidArray(repeating: FenceRecord(), count: MultipathConfiguration.pathsMax)
    requests = LazyTable(repeating: RequestRecord(), count: configuration.requestsMax)
    attempts = LazyTable(
      repeating: AttemptRecord(), count: Self.attemptPlaces(configuration))
    freeAttempt = 0
  }

  /// Attempts that can be outstanding at once. A request has one, a flush one per path, and given-up
  /// ones come on top: twice the requests leaves room for that, and a request that finds none waits.
  public static func attemptPlaces(_ configuration: MultipathConfiguration) -> Int {
    configuration.requestsMax * 2 + MultipathConfiguration.pathsMax
  }

  /// Takes a request. `slot` must be free; it is the caller's again after `.finish`.
  ///
  /// `range` lies inside the device and is aligned (the caller has checked), and is empty for a flush.
  public mutating func submit(
    slot: UInt32, operation: Operation, flags: OperationFlags, range: ByteRange, at now: Instant,
    effects: inout Effects
  ) {
    requests.touch(Int(slot))
    precondition(requests[Int(slot)].phase == .vacant, "a request slot was used twice")
    assert(configuration.geometry.contains(range))
    requests[Int(slot)] = RequestRecord(
      phase: .trying, operation: operation, flags: flags, range: range, offered: table.usable,
      generation: requests[Int(slot)].generation &+ 1, submittedAt: now, flushEpoch: writeEpoch)
    lastSubmitAt = now
    noteTurn(now)
    if operation == .read { earnHedge() }
    counters.count(operation, bytes: range.length)
    if ghosts > 0, mustWaitForGhost(slot) {
      hold(slot, at: now, effects: &effects)
    } else {
      dispatch(slot, at: now, effects: &effects)
    }
  }

  /// Drops a request whose client has gone, if it is only waiting: it owns no right to write any
  /// more. With attempts outstanding the answer is false; it then ends with them, and is tried nowhere else,
  /// where it could overwrite what other clients have written since.
  public mutating func cancelWaiting(slot: UInt32, effects: inout Effects) -> Bool {
    requests[Int(slot)].isDisowned = true
    switch requests[Int(slot)].phase {
    case .vacant, .trying: return false
    case .awaitingRoom, .awaitingPath, .awaitingGhost:
      // What was given up for it stays a ghost of its own.
      guard requests[Int(slot)].outstanding == 0 else { return false }
      leaveQueue(slot, effects: &effects)
      requests[Int(slot)].phase = .vacant
      return true
    }
  }

  /// Runs whatever is due at `now`: timed-out waiters, probes, paths that have been quiet too long.
  public mutating func tick(at now: Instant, effects: inout Effects) {
    noteTurn(now)
    // Before the patience of those ends who wait for just such a path.
    acquit(at: now, effects: &effects)
    expireWaiting(at: now, effects: &effects)
    expireHeld(at: now, effects: &effects)
    startDueFences(at: now, effects: &effects)
    startDueProbes(at: now, effects: &effects)
    checkQuietPaths(at: now, effects: &effects)
    hedgeLateReads(at: now, effects: &effects)
    failBackIfDue(at: now, effects: &effects)
    retryForMemory(at: now, effects: &effects)
  }

  /// The instant at which `tick` has something to do next, or nil.
  public var nextDeadline: Instant? {
    var nearest = Instant(nanoseconds: UInt64.max)
    if !pathQueue.isEmpty {
      nearest = requests[Int(pathQueue.head)].submittedAt + configuration.noPathTimeout
    }
    if !holdQueue.isEmpty {
      let head = requests[Int(holdQueue.head)].heldAt
      nearest = min(nearest, head + configuration.stall.holdTimeout)
    }
    if !unfenced.isEmpty, let due = fenceDeadline { nearest = min(nearest, due) }
    if let memoryRetryAt { nearest = min(nearest, memoryRetryAt) }
    if let failbackAt { nearest = min(nearest, failbackAt) }
    if let acquittedAt { nearest = min(nearest, acquittedAt) }
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      if let due = table[path].probe.dueAt { nearest = min(nearest, due) }
      if let due = quietDeadline(path) { nearest = min(nearest, due) }
      if let due = hedgeDeadline(path) { nearest = min(nearest, due) }
    }
    return nearest.nanoseconds == UInt64.max ? nil : nearest
  }

  /// Ends all waiting for paths, now and from here on: waiters fail with ESHUTDOWN, attempts that are
  /// outstanding run to their end.
  public mutating func stop(at now: Instant, effects: inout Effects) {
    isStopping = true
    failWaiting(errno: Errno.eshutdown, effects: &effects)
  }

  /// Fails every request that waits for a path, a ghost or a fence with EIO, as an operator may ask at any time.
  public mutating func failQueued(effects: inout Effects) -> Int {
    let count = pathQueue.count + holdQueue.count
    failWaiting(errno: Errno.eio, effects: &effects)
    return count
  }

  private mutating func failWaiting(errno: Int32, effects: inout Effects) {
    while !pathQueue.isEmpty {
      finish(pathQueue.head, .failure(errno: errno), effects: &effects)
    }
    while !holdQueue.isEmpty {
      finish(holdQueue.head, .failure(errno: errno), effects: &effects)
    }
  }

  /// Requests that wait for any usable path.
  public var queuedCount: Int { pathQueue.count }

  /// Requests that wait for a ghost, or for a fence while `unfenced` has members.
  public var heldCount: Int { holdQueue.count }

  public func isVacant(slot: UInt32) -> Bool { requests.peek(Int(slot)).phase == .vacant }
}

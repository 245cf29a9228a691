internal import BasicContainers
public import BlockIO

/// The decision machine of one device: which path carries which attempt, what an error means, when a
/// path leaves and returns, and when a request is over.
///
/// Pure: it owns no descriptor, buffer, thread or clock. Inputs are its methods, each with the
/// instant at which it happened; what is to be done is appended to `effects`. The caller chooses the
/// slot of a request (0..<requestsMax) and may use it again after `.finish`.
///
/// The parts: `+Dispatch` chooses a path, `+Completion` reads an answer, `+Faults` takes paths out
/// and back, `+Flush` covers what was written, `+Probes` looks after paths out of service, `+Paths`
/// is what an operator may do.
public struct MultipathMachine: ~Copyable {
  public typealias Effects = EffectQueue<MultipathEffect>

  public internal(set) var configuration: MultipathConfiguration
  public internal(set) var table: PathTable
  /// Carries what must keep its order, in active/passive and active/read; nil when nothing is usable.
  public internal(set) var active: PathIndex?

  var selector: SelectorKind
  var requests: RigidArray<RequestRecord>
  var attempts: RigidArray<AttemptRecord>
  var freeAttempt: UInt32
  /// Requests that wait for room on a path; the caps of the paths are the reason.
  var roomQueue = RequestQueue()
  /// Requests that wait for any usable path, oldest first.
  var pathQueue = RequestQueue()
  /// Counts acknowledged writes; a path remembers the count at its last write and its last flush.
  var writeEpoch: UInt64 = 1
  /// Writes were acknowledged through a cache that nobody can flush any more: the next FLUSH fails.
  var owesFlushError = false
  public internal(set) var counters = DeviceCounters()
  /// Set by `stop`: nothing waits for a path any more.
  var isStopping = false

  public init(_ configuration: MultipathConfiguration) {
    precondition(configuration.requestsMax > 0)
    self.configuration = configuration
    selector = SelectorKind.kind(for: configuration.mode)
    table = PathTable(capacity: MultipathConfiguration.pathsMax)
    requests = RigidArray(repeating: RequestRecord(), count: configuration.requestsMax)
    // A request has one attempt outstanding, a flush one per path: twice the requests leaves room for
    // many flushes at once, and a flush that finds none waits for room like everything else.
    let places = configuration.requestsMax * 2 + MultipathConfiguration.pathsMax
    attempts = RigidArray(repeating: AttemptRecord(), count: places)
    for place in 0..<places - 1 { attempts[place].nextFree = UInt32(place + 1) }
    freeAttempt = 0
  }

  /// Takes a request. `slot` must be free; it is the caller's again after `.finish`.
  ///
  /// `range` lies inside the device and is aligned (the caller has checked), and is empty for a flush.
  public mutating func submit(
    slot: UInt32, operation: Operation, flags: OperationFlags, range: ByteRange, at now: Instant,
    effects: inout Effects
  ) {
    precondition(requests[Int(slot)].phase == .vacant, "a request slot was used twice")
    assert(configuration.geometry.contains(range))
    var request = RequestRecord()
    request.phase = .trying
    request.operation = operation
    request.flags = flags
    request.range = range
    request.offered = table.usable
    request.submittedAt = now
    request.flushEpoch = writeEpoch
    requests[Int(slot)] = request
    counters.count(operation, bytes: range.length)
    dispatch(slot, at: now, effects: &effects)
  }

  /// Drops a request whose client has gone, if it is only waiting: it owns no right to write any
  /// more. Returns false, and does nothing, when it has attempts outstanding.
  public mutating func cancelWaiting(slot: UInt32, effects: inout Effects) -> Bool {
    switch requests[Int(slot)].phase {
    case .vacant, .trying: return false
    case .awaitingRoom, .awaitingPath:
      guard requests[Int(slot)].outstanding == 0 else { return false }
      leaveQueue(slot, effects: &effects)
      requests[Int(slot)].phase = .vacant
      return true
    }
  }

  /// Runs whatever is due at `now`: timed-out waiters and probes.
  public mutating func tick(at now: Instant, effects: inout Effects) {
    expireWaiting(at: now, effects: &effects)
    startDueProbes(at: now, effects: &effects)
  }

  /// The instant at which `tick` has something to do next, or nil.
  public var nextDeadline: Instant? {
    var nearest: Instant?
    if !pathQueue.isEmpty {
      nearest = requests[Int(pathQueue.head)].submittedAt + configuration.noPathTimeout
    }
    for position in 0..<table.orderedCount {
      guard let due = table[table.ordered(position)].probe.dueAt else { continue }
      nearest = nearest.map { min($0, due) } ?? due
    }
    return nearest
  }

  /// Ends all waiting for paths, now and from here on: waiters fail with ESHUTDOWN, attempts that are
  /// outstanding run to their end.
  public mutating func stop(at now: Instant, effects: inout Effects) {
    isStopping = true
    failWaiting(errno: Errno.eshutdown, effects: &effects)
  }

  /// Fails every request that waits for a path with EIO, as an operator may ask at any time.
  public mutating func failQueued(effects: inout Effects) -> Int {
    let count = pathQueue.count
    failWaiting(errno: Errno.eio, effects: &effects)
    return count
  }

  private mutating func failWaiting(errno: Int32, effects: inout Effects) {
    while !pathQueue.isEmpty {
      finish(pathQueue.head, .failure(errno: errno), effects: &effects)
    }
  }

  /// Requests that wait for any usable path.
  public var queuedCount: Int { pathQueue.count }

  public func isVacant(slot: UInt32) -> Bool { requests[Int(slot)].phase == .vacant }
}

internal import BasicContainers
internal import BlockIO

/// The whole state of a decision machine at one moment, between two inputs: where a trace begins.
///
/// Taking one copies the tables and nothing more (some 200 KiB), since the machine's thread does it;
/// turning it into bytes is another thread's work. A field that is added to `MultipathMachine` itself has to
/// be added here, too; the replay tests find one that is missing.
public struct MachineSnapshot: Sendable, Codable {
  var configuration: MultipathConfiguration
  var selector: String
  var table: PathTableSnapshot
  var requests: RecordTable<RequestRecord>
  var attempts: RecordTable<AttemptRecord>
  var freeAttempt: UInt32
  var active: PathIndex?
  var preferred: PathIndex?
  var failbackAt: Instant?
  var memoryRetryAt: Instant?
  var roomQueue: RequestQueue
  var pathQueue: RequestQueue
  var holdQueue: RequestQueue
  var queuedBytes: UInt64
  var cutAttempts: Int32
  var ghosts: Int
  var fences: RecordTable<FenceRecord>
  var unfenced: PathSet
  var hasHeldForFence: Bool
  var suspects: PathSet
  var condemned: PathSet
  var acquitted: PathSet
  var acquittedAt: Instant?
  var mediumFaults: RecordTable<MediumFault>
  var lastSubmitAt: Instant
  var ranAt: Instant
  var ranBefore: Instant
  var hedgeCredit: UInt32
  var writeEpoch: UInt64
  var owesFlushError: Bool
  var flushDebtor: PathIndex?
  var counters: DeviceCounters
  var lastOutage: Outage?
  var decisions: DecisionRingSnapshot
  var isStopping: Bool
}

extension MultipathMachine {
  public func snapshot() -> MachineSnapshot {
    MachineSnapshot(
      configuration: configuration, selector: spread.name, table: table.snapshot,
      requests: RecordTable((0..<requests.count).copied { requests.peek($0) }),
      attempts: RecordTable((0..<attempts.count).copied { attempt(at: $0) }),
      freeAttempt: freeAttempt, active: active, preferred: preferred, failbackAt: failbackAt,
      memoryRetryAt: memoryRetryAt, roomQueue: roomQueue, pathQueue: pathQueue,
      holdQueue: holdQueue, queuedBytes: queuedBytes, cutAttempts: cutAttempts,
      ghosts: ghosts,
      fences: RecordTable((0..<fences.count).copied { fences[$0] }), unfenced: unfenced,
      hasHeldForFence: hasHeldForFence, suspects: suspects,
      condemned: condemned, acquitted: acquitted, acquittedAt: acquittedAt,
      mediumFaults: RecordTable((0..<mediumFaults.count).copied { mediumFaults[$0] }),
      lastSubmitAt: lastSubmitAt, ranAt: ranAt, ranBefore: ranBefore, hedgeCredit: hedgeCredit,
      writeEpoch: writeEpoch, owesFlushError: owesFlushError, flushDebtor: flushDebtor,
      counters: counters,
      lastOutage: lastOutage, decisions: decisions.snapshot, isStopping: isStopping)
  }

  /// A machine in the state of `snapshot`.
  ///
  /// - Throws: When no machine can be in this state, whoever made it.
  init(restoring snapshot: MachineSnapshot) throws(TraceDamage) {
    var check = SnapshotCheck(snapshot)
    let selector = try check.run()
    self.init(snapshot.configuration)
    spread = selector
    table = PathTable(restoring: snapshot.table)
    for (slot, record) in snapshot.requests.records.enumerated() {
      requests.touch(slot)
      requests[slot] = record
    }
    for (place, record) in snapshot.attempts.records.enumerated() {
      attempts.touch(place)
      attempts[place] = record
    }
    freeAttempt = snapshot.freeAttempt
    active = snapshot.active
    preferred = snapshot.preferred
    failbackAt = snapshot.failbackAt
    memoryRetryAt = snapshot.memoryRetryAt
    roomQueue = snapshot.roomQueue
    pathQueue = snapshot.pathQueue
    holdQueue = snapshot.holdQueue
    queuedBytes = snapshot.queuedBytes
    cutAttempts = snapshot.cutAttempts
    ghosts = snapshot.ghosts
    for (place, record) in snapshot.fences.records.enumerated() { fences[place] = record }
    unfenced = snapshot.unfenced
    hasHeldForFence = snapshot.hasHeldForFence
    suspects = snapshot.suspects
    condemned = snapshot.condemned
    acquitted = snapshot.acquitted
    acquittedAt = snapshot.acquittedAt
    mediumFaults = MediumFaults(restoring: snapshot.mediumFaults.records)
    lastSubmitAt = snapshot.lastSubmitAt
    ranAt = snapshot.ranAt
    ranBefore = snapshot.ranBefore
    hedgeCredit = snapshot.hedgeCredit
    writeEpoch = snapshot.writeEpoch
    owesFlushError = snapshot.owesFlushError
    flushDebtor = snapshot.flushDebtor
    counters = snapshot.counters
    lastOutage = snapshot.lastOutage
    decisions = DecisionRing(restoring: snapshot.decisions)
    isStopping = snapshot.isStopping
  }
}

extension Range<Int> {
  /// As `map`, for an element of a table that cannot be captured.
  func copied<Element>(_ element: (Int) -> Element) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(count)
    for index in self { result.append(element(index)) }
    return result
  }
}

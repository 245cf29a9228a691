internal import BlockIO

/// Whether a machine can be in the state of a snapshot, which may come from anywhere.
///
/// Everything that the machine takes for granted is looked at: each index lies in its table, each list is a
/// list and holds what belongs to it, each count equals what it counts, and no number is so near its
/// end that arithmetic could trap.
struct SnapshotCheck {
  private let state: MachineSnapshot
  private var paths: [PathRecord] { state.table.records.records }
  private var requests: [RequestRecord] { state.requests.records }
  private var attempts: [AttemptRecord] { state.attempts.records }

  init(_ state: MachineSnapshot) { self.state = state }

  /// The selector that the snapshot names.
  mutating func run() throws(TraceDamage) -> SelectorKind {
    try checkConfiguration()
    try checkTables()
    for record in paths { try checkPath(record) }
    for fence in state.fences.records {
      try require(
        fence.wait.nanoseconds <= ProbeSchedule.longestReplayable, "a fence is out of range")
    }
    for attempt in attempts { try checkAttempt(attempt) }
    for slot in requests.indices { try checkRequest(slot) }
    try checkAttemptLists()
    try checkQueue(state.roomQueue, .awaitingRoom, "room")
    try checkQueue(state.pathQueue, .awaitingPath, "a path")
    try checkQueue(state.holdQueue, .awaitingGhost, "a ghost")
    try checkSums()
    guard let selector = SelectorKind.named(state.selector), selector.spreads else {
      throw .malformed("there is no selector \(state.selector.debugDescription)")
    }
    return selector
  }

  private func require(
    _ condition: Bool, _ damage: @autoclosure () -> String
  ) throws(TraceDamage) {
    guard condition else { throw .malformed(damage()) }
  }

  private func checkConfiguration() throws(TraceDamage) {
    let configuration = state.configuration
    try require((1...4096).contains(configuration.requestsMax), "requestsMax is out of range")
    try require(
      (1...1 << 20).contains(configuration.attemptsPerPathMax),
      "attemptsPerPathMax is out of range")
    try require(configuration.probe.isReplayable, "the probe schedule is out of range")
    try require(configuration.hedge.isReplayable, "the hedge policy is out of range")
    try require(configuration.fence.isReplayable, "the fence policy is out of range")
    try require(state.hedgeCredit <= 1 << 28, "the hedge credit is out of range")
  }

  private func checkTables() throws(TraceDamage) {
    let pathsMax = MultipathConfiguration.pathsMax
    let places = MultipathMachine.attemptPlaces(state.configuration)
    try require(
      paths.count == pathsMax && state.table.readTimes.records.count == pathsMax
        && state.table.writeTimes.records.count == pathsMax
        && state.fences.records.count == pathsMax, "the path table has another size")
    try require(
      requests.count == state.configuration.requestsMax && attempts.count == places,
      "a table has another size than the configuration says")
    for times in state.table.readTimes.records + state.table.writeTimes.records {
      try require(times.isConsistent, "a histogram does not add up")
    }
    var seen = PathSet()
    for path in state.table.newestFirst.records {
      try check(path)
      try require(!seen.contains(path), "a path is listed twice")
      try require(paths[Int(path.rawValue)].tenancy != .vacant, "a vacant place is listed")
      seen.insert(path)
    }
    let occupied = paths.count { $0.tenancy != .vacant }
    try require(seen.count == occupied, "a path is not listed")
    for path in [state.active, state.preferred, state.flushDebtor, state.lastOutage?.path] {
      try check(path)
    }
    for set in [state.suspects, state.condemned, state.unfenced, state.acquitted] {
      try check(set)
    }
    let faults = state.mediumFaults.records
    try require(
      faults.count <= MediumFaults.capacity
        && faults.allSatisfy { state.configuration.geometry.contains($0.range) },
      "the list of bad places is broken")
    let ring = state.decisions
    try require(
      ring.records.records.count == DecisionRing.capacity
        && (0..<DecisionRing.capacity).contains(ring.next)
        && (0...DecisionRing.capacity).contains(ring.count), "the ring of decisions is broken")
  }

  private func check(_ path: PathIndex?) throws(TraceDamage) {
    guard let path else { return }
    try require(Int(path.rawValue) < MultipathConfiguration.pathsMax, "there is no such path")
  }

  private func check(_ set: PathSet) throws(TraceDamage) {
    try require(
      set.bits >> UInt64(MultipathConfiguration.pathsMax) == 0, "there is no such path in a set")
  }

  private func checkPath(_ record: PathRecord) throws(TraceDamage) {
    let probe = record.probe
    try require(
      (0...1 << 30).contains(probe.goodInRow) && probe.flaps <= 1 << 30
        && probe.wait.nanoseconds <= ProbeSchedule.longestReplayable && record.stallBackoff <= 30
        && record.stalls <= 1 << 60,
      "a path's probing is out of range")
    try require(
      record.hedgeNext == RequestRecord.none || isOutstanding(record.hedgeNext),
      "a path hedges an attempt that is not outstanding")
  }

  private func isOutstanding(_ place: UInt32) -> Bool {
    Int(place) < attempts.count && attempts[Int(place)].isOutstanding
  }

  private func checkAttempt(_ attempt: AttemptRecord) throws(TraceDamage) {
    try check(attempt.path)
    guard attempt.isOutstanding else {
      return try require(!attempt.isGhost, "a ghost is not outstanding")
    }
    try require(Int(attempt.request) < requests.count, "an attempt has no request")
    try require(
      !attempt.isGhost || (attempt.isGivenUp && attempt.operation.modifies), "a ghost is none")
    let request = requests[Int(attempt.request)]
    if isCurrent(attempt) {
      try require(
        attempt.operation == request.operation && attempt.range == request.range,
        "an attempt asks for something else than its request")
    }
  }

  private func isCurrent(_ attempt: AttemptRecord) -> Bool {
    let request = requests[Int(attempt.request)]
    return request.phase != .vacant && request.generation == attempt.requestGeneration
  }

  private func checkRequest(_ slot: Int) throws(TraceDamage) {
    let request = requests[slot]
    try check(request.tried)
    try check(request.offered)
    try check(request.landedOn)
    // It may reach beyond the end of a medium that has shrunk since.
    try require(
      request.payloadBytes <= MultipathMachine.payloadBytesReplayable,
      "request \(slot) is longer than any protocol has it")
    var outstanding: Int32 = 0
    switch request.phase {
    case .vacant: return
    case .trying: outstanding = request.outstanding
    case .awaitingRoom, .awaitingPath, .awaitingGhost:
      try require(request.outstanding == 0, "request \(slot) waits and is tried")
    }
    try require(
      outstanding <= 1 || !request.operation.modifies, "request \(slot) changes things twice")
  }

  // MARK: Lists

  private func checkAttemptLists() throws(TraceDamage) {
    var isListed = [Bool](repeating: false, count: attempts.count)
    for (index, record) in paths.enumerated() {
      var previous = RequestRecord.none
      var place = record.firstAttempt
      while place != RequestRecord.none {
        guard isOutstanding(place), !isListed[Int(place)],
          attempts[Int(place)].path.rawValue == UInt8(index),
          attempts[Int(place)].previous == previous
        else { throw .malformed("the attempts of path \(index) are no list") }
        isListed[Int(place)] = true
        previous = place
        place = attempts[Int(place)].next
      }
      try require(record.lastAttempt == previous, "the attempts of path \(index) end elsewhere")
      if record.hedgeNext != RequestRecord.none {
        try require(
          attempts[Int(record.hedgeNext)].path.rawValue == UInt8(index),
          "path \(index) hedges another path's attempt")
      }
    }
    var place = state.freeAttempt
    while place != RequestRecord.none {
      guard Int(place) < attempts.count, !attempts[Int(place)].isOutstanding, !isListed[Int(place)]
      else { throw .malformed("the free attempts are no list") }
      isListed[Int(place)] = true
      place = attempts[Int(place)].next
    }
    try require(!isListed.contains(false), "an attempt is in no list")
  }

  private func checkQueue(
    _ queue: RequestQueue, _ phase: RequestPhase, _ name: String
  ) throws(TraceDamage) {
    var previous = RequestRecord.none
    var slot = queue.head
    var count = 0
    while slot != RequestRecord.none {
      guard Int(slot) < requests.count, requests[Int(slot)].phase == phase,
        requests[Int(slot)].previous == previous, count < requests.count
      else { throw .malformed("the queue for \(name) is no list") }
      count += 1
      previous = slot
      slot = requests[Int(slot)].next
    }
    let waiting = requests.count { $0.phase == phase }
    try require(
      queue.tail == previous && count == queue.count && count == waiting,
      "the queue for \(name) does not hold what waits for it")
  }

  // MARK: Counts

  private func checkSums() throws(TraceDamage) {
    var tally = [PathTally](repeating: PathTally(), count: paths.count)
    var tries = [RequestTally](repeating: RequestTally(), count: requests.count)
    var ghosts = 0
    var cut: Int32 = 0
    for attempt in attempts where attempt.isOutstanding {
      tally[Int(attempt.path.rawValue)].add(attempt)
      if attempt.isGhost { ghosts += 1 }
      if attempt.isCut { cut += 1 }
      guard isCurrent(attempt) else { continue }
      if attempt.isGivenUp {
        tries[Int(attempt.request)].givenUp += 1
      } else {
        tries[Int(attempt.request)].outstanding += 1
      }
    }
    try require(ghosts == state.ghosts, "ghosts are miscounted")
    try require(cut == state.cutAttempts, "what ended connections left is miscounted")
    for (index, record) in paths.enumerated() {
      try require(tally[index] == PathTally(record), "path \(index) is miscounted")
    }
    var queuedBytes: UInt64 = 0
    for (slot, request) in requests.enumerated() where request.phase != .vacant {
      try require(
        tries[slot]
          == RequestTally(outstanding: request.outstanding, givenUp: request.givenUp),
        "the attempts of request \(slot) are miscounted")
      if request.phase == .awaitingPath { queuedBytes += request.payloadBytes }
    }
    try require(queuedBytes == state.queuedBytes, "what waits for a path is miscounted")
  }
}

/// What a request counts of its attempts.
private struct RequestTally: Equatable {
  var outstanding: Int32 = 0
  var givenUp: Int32 = 0
}

/// What a path counts of its attempts.
private struct PathTally: Equatable {
  var outstanding: Int32 = 0
  var unresolved: Int32 = 0
  var cut: Int32 = 0
  var slow: Int32 = 0
  var bytes: UInt64 = 0

  init() {}

  init(_ record: PathRecord) {
    outstanding = record.outstanding
    unresolved = record.unresolved
    cut = record.cut
    slow = record.slowOutstanding
    bytes = record.outstandingBytes
  }

  mutating func add(_ attempt: AttemptRecord) {
    outstanding += 1
    bytes &+= attempt.range.length
    if attempt.isCut {
      cut += 1
    } else if attempt.isGivenUp {
      unresolved += 1
    } else if attempt.operation.mayTakeLong {
      slow += 1
    }
  }
}

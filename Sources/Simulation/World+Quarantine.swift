internal import BlockIO
internal import Engine
internal import Multipath

/// The referee on what hangs bring: several attempts of one request, late landings, waiting for them.
extension World {
  /// Books an attempt, and looks at what else of its request, and of its bytes, is under way.
  mutating func noteIssue(_ request: IORequest, _ slot: UInt32, _ path: Int) {
    let place = Int(slot)
    checkBuffer(request, slot)
    if request.operation.modifies { checkGhosts(request, slot) }
    if slots[place].outstanding > 0 { noteReissue(request, slot) }
    slots[place].issues += 1
    slots[place].outstanding += 1
  }

  private func isOwn(_ work: ModelIO, _ slot: UInt32) -> Bool {
    work.slot == slot && !work.isProbe && work.slotGeneration == slots[Int(slot)].generation
  }

  /// A read's target belongs to it alone; a write's source is shared among the attempts of the request.
  private mutating func checkBuffer(_ request: IORequest, _ slot: UInt32) {
    guard !request.buffer.isNone, request.operation == .read || slots[Int(slot)].outstanding == 0
    else { return }
    for work in ios where work.isInUse && work.request.buffer.offset == request.buffer.offset {
      guard !work.request.buffer.isNone else { continue }
      if defect == .sharesReadBuffers, work.slot == slot { continue }
      violate(
        .buffersAreOwn,
        "slot \(slot) uses the buffer of an attempt that path \(work.path) still has")
    }
  }

  private mutating func checkGhosts(_ request: IORequest, _ slot: UInt32) {
    for work in ios
    where work.isInUse && work.request.operation.modifies && !isOwn(work, slot)
      && work.request.range.overlaps(request.range)
    {
      if work.isLeftBehind {
        // The heart of the matter is what lands when; with the sabotage on, that has to be found.
        if defect == .ignoresGhosts { continue }
        violate(
          .ghostsHoldOthersBack,
          "slot \(slot) changes what a ghost on path \(work.path) may still change")
      }
    }
  }

  private mutating func noteReissue(_ request: IORequest, _ slot: UInt32) {
    var isHedge = false
    for io in ios.indices where ios[io].isInUse && isOwn(ios[io], slot) {
      ios[io].isLeftBehind = true
      if let index = paths[ios[io].path].index, !engine.machine.isGivenUp(ios[io].request.token),
        engine.machine.table[index].tenancy == .attached
      {
        isHedge = true
      }
    }
    switch request.operation {
    case .flush: break
    case .read: if isHedge { countHedge(slot) }
    case .write, .discard, .writeZeroes:
      checkContention(request, slot)
      if let strictSince, !slots[Int(slot)].wasReissued, !(slots[Int(slot)].beganAt < strictSince) {
        violate(.strictNeverRetries, "slot \(slot) has two attempts outstanding")
      }
      slots[Int(slot)].wasReissued = true
    }
  }

  private mutating func checkContention(_ request: IORequest, _ slot: UInt32) {
    guard defect != .ignoresGhosts else { return }
    for work in ios
    where work.isInUse && work.request.operation.modifies && !isOwn(work, slot)
      && work.request.range.overlaps(request.range)
    {
      violate(
        .givesUpOnlyUncontended,
        "slot \(slot) was given up while slot \(work.slot) changes the same bytes")
    }
  }

  /// The request is over; what it has outstanding may still land.
  mutating func leaveBehind(_ slot: UInt32) {
    guard slots[Int(slot)].outstanding > 0 else { return }
    for io in ios.indices where ios[io].isInUse && isOwn(ios[io], slot) {
      ios[io].isLeftBehind = true
    }
  }

  // MARK: Hedging

  mutating func earnHedge() {
    guard hedge.percent > 0 else { return }
    hedgeCredit = min(hedge.burst * 100, hedgeCredit + hedge.percent)
  }

  private mutating func countHedge(_ slot: UInt32) {
    hedges += 1
    guard hedgeCredit >= 100, scenario.cacheDomain == .shared else {
      violate(
        .hedgesWithinCredit, "slot \(slot) was hedged with \(hedgeCredit) hundredths of credit")
      return
    }
    hedgeCredit -= 100
  }

  // MARK: Groups

  mutating func checkGroup(_ request: IORequest, _ slot: UInt32) {
    guard request.operation != .flush, !groupsMoved, activeBefore == engine.machine.active,
      engine.machine.table.usable.contains(request.path)
    else { return }
    let mine = engine.machine.table[request.path].priority
    // What was decided before a path went out in the same step need not fit what came after.
    for path in paths {
      if let index = path.index, engine.machine.table[index].changedAt == now { return }
    }
    let best = engine.machine.active.map { engine.machine.table[$0].priority }
    if best == mine { return }
    var others = engine.machine.table.usable.subtracting(slots[Int(slot)].failedOn)
    for work in ios where work.isInUse && isOwn(work, slot) {
      // A hedge stays in the group of the read that is late.
      if engine.machine.table[work.request.path].priority == mine { return }
      others.remove(work.request.path)
    }
    while let other = others.first {
      others.remove(other)
      let priority = engine.machine.table[other].priority
      if priority == best || priority < mine {
        violate(.bestGroupServes, "slot \(slot) went to a group of priority \(mine)")
        return
      }
    }
  }

  // MARK: Waiting

  /// The reply was an error because the request had waited for a ghost or a fence for too long.
  func isHoldOver(_ record: SlotRecord) -> Bool {
    let mayHaveWaited = record.issues == 0 || scenario.network?.fence.isRequired == true
    return record.operation.modifies && mayHaveWaited && now - record.beganAt >= shortestHold
  }

  /// So little may wait for a path that requests fail at once for the lack of room.
  var isQueueSmall: Bool {
    engine.machine.configuration.noPathBytesMax
      < UInt64(Self.sectorsPerRequestMax * scenario.requestsMax) * ModelMedium.sectorBytes
  }

  mutating func checkQuarantine() {
    if engine.machine.queuedBytes > scenario.noPathBytesMax {
      violate(.countersMatch, "\(engine.machine.queuedBytes) bytes wait for a path")
    }
    if let since = engine.machine.oldestHeldSince {
      let bound = since + engine.machine.configuration.stall.holdTimeout
      if bound < now, busyUntil < now, judgedAnewAt < now {
        violate(.heldInBounds, "held since \(since.nanoseconds / 1_000) us")
      }
    }
    if steps % 32 == 0, let difference = engine.machine.inconsistency() {
      violate(.countersMatch, difference)
    }
    if engine.machine.ghosts > 0, steps % 4 == 0 { checkPathsOfGhosts() }
  }

  private mutating func checkPathsOfGhosts() {
    var seen = 0
    for work in ios where work.isInUse && !work.isProbe && work.request.operation.modifies {
      if engine.machine.isGivenUp(work.request.token) { seen += 1 }
    }
    if seen != engine.machine.ghosts {
      violate(.countersMatch, "\(engine.machine.ghosts) ghosts, \(seen) in truth")
    }
  }

  /// A read comes back from a path that was silent for long. It must not have waited for this one alone
  /// when a healthy one had been there to turn to all the while.
  ///
  /// The bound: the path's patience after its last answer or the issue, whichever came later; then what a
  /// witness takes to answer; then the grace. What the request waits for afterwards (room, memory, a
  /// path's slow start) does not count: it has been given up by then.
  mutating func checkSilence(_ work: ModelIO) {
    guard work.request.operation == .read, slots[Int(work.slot)].generation == work.slotGeneration,
      slots[Int(work.slot)].phase == .running, slots[Int(work.slot)].outstanding == 1,
      let index = paths[work.path].index, !engine.machine.isGivenUp(work.request.token)
    else { return }
    let path = paths[work.path]
    let since = max(path.answeredAt, work.issuedAt, path.stalledAt)
    guard judgedAnewAt < since, busyUntil < since else { return }
    let witness = Interval.microseconds(UInt64(scenario.serviceMicroseconds) + 10)
    let bound =
      since + engine.machine.patience(index) + witness + .milliseconds(10) + .milliseconds(1)
    guard bound < now else { return }
    for other in paths.indices where other != work.path {
      guard let place = paths[other].index, let usable = paths[other].usableSince,
        usable < since, paths[other].disturbedUntil < since,
        !slots[Int(work.slot)].failedOn.contains(place)
      else { continue }
      violate(
        .silenceIsNoticed,
        "slot \(work.slot) waited \((now - since).milliseconds) ms for path \(work.path), "
          + "and path \(other) was there")
      return
    }
  }

  // MARK: Buffers of replies

  func digest(of reply: Reply) -> UInt64 {
    guard reply.dataBytes > 0 else { return 0 }
    let first = Int(reply.buffer.offset) / Int(ModelMedium.sectorBytes)
    let count = Int(reply.dataBytes) / Int(ModelMedium.sectorBytes)
    var digest: UInt64 = 1
    for place in first..<first + count { digest = digest &* 31 &+ memory[place] }
    return digest
  }

  mutating func checkReplyUnchanged(_ slot: UInt32) {
    let reply = engine.reply(for: slot)
    if digest(of: reply) != slots[Int(slot)].replyDigest {
      violate(.buffersAreOwn, "the data of slot \(slot) changed while its reply was being sent")
    }
  }

  // MARK: Sabotage

  /// Breaks the machine for the whole run, when this run is there to show that it is noticed.
  mutating func breakForGood() {
    var sabotage = Sabotage()
    switch defect {
    case .none, .forgetsTriedPaths, .forgetsUnflushedWrites, .ignoresQuietTime: return
    case .ignoresGhosts: sabotage.ignoresGhosts = true
    case .ignoresGenerations: sabotage.ignoresGenerations = true
    case .sharesReadBuffers: sabotage.sharesReadBuffers = true
    case .skipsIdentity: sabotage.skipsIdentity = true
    case .ignoresFences: sabotage.ignoresFences = true
    }
    engine.decide(at: now, arena: &arena, effects: &effects) { machine, _ in
      machine.setSabotage(sabotage)
    }
  }
}

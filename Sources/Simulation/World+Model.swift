internal import BlockIO
internal import Engine
internal import Multipath

/// What is below the engine: attempts that take their time, land on the medium and come back.
extension World {
  mutating func start(_ request: IORequest) {
    let path = pathAt[Int(request.path.rawValue)]
    guard path >= 0 else {
      violate(.issuesOnlyToUsable, "an attempt went to a place without a path")
      return
    }
    attempts += 1
    let isProbe = request.token.kind == TokenKind.probe
    var slot = Self.none
    if !isProbe {
      slot = engine.machine.request(of: request.token) ?? Self.none
      guard slot != Self.none else {
        violate(.answeredOnce, "an attempt was issued for a request that is over")
        return
      }
      paths[path].attempts += 1
      checkIssue(request, slot, path)
      checkFences(request, slot, path)
      noteIssue(request, slot, path)
    }
    paths[path].outstanding += 1
    let completesAt = max(now, paths[path].hangsUntil) + serviceTime(of: path)
    let landsAt =
      now
      + Interval(
        nanoseconds: UInt64(random.below(Int((completesAt - now).nanoseconds))))
    let (outcome, landing) = fate(of: request, on: path, isProbe: isProbe)
    var work = ModelIO(
      isInUse: true, request: request, path: path, slot: slot,
      stamp: !isProbe && request.operation.modifies ? slots[Int(slot)].write : 0,
      outcome: outcome, landingSectors: landing)
    work.isProbe = isProbe
    work.tick = cacheTicks
    work.issuedAt = now
    if !isProbe { work.slotGeneration = slots[Int(slot)].generation }
    let io = takeIO(work)
    mix(5, UInt64(path), UInt64(slot), UInt64(outcome.errno))
    note {
      "path \(path) gets \(slot == Self.none ? "a probe" : "slot \(slot)") \(request.operation)"
    }
    let generation = ios[io].generation
    events.schedule(.land(io: io, generation: generation), at: landsAt)
    events.schedule(.complete(io: io, generation: generation), at: completesAt)
  }

  mutating func serviceTime(of path: Int) -> Interval {
    var longest = scenario.serviceMicroseconds
    if paths[path].slowUntil > now { longest *= 20 }
    return microseconds(upTo: longest) + .microseconds(5)
  }

  private mutating func takeIO(_ io: ModelIO) -> Int {
    if let place = freeIOs.popLast() {
      let generation = ios[place].generation &+ 1
      ios[place] = io
      ios[place].generation = generation
      return place
    }
    ios.append(io)
    return ios.count - 1
  }

  /// How an attempt will end, and how much of it is really done. An attempt that fails may have been
  /// carried out in full, in part, or not at all.
  private mutating func fate(
    of request: IORequest, on path: Int, isProbe: Bool
  ) -> (IOOutcome, Int) {
    let sectors = max(1, Int(request.range.length / ModelMedium.sectorBytes))
    if paths[path].isDead || paths[path].lostUntil > now {
      return (.failure(errno: random.pick([Errno.enodev, Errno.enolink, Errno.enotconn])), 0)
    }
    if paths[path].errorsUntil > now, random.chance(percent: 70) {
      let landing = random.pick([0, random.within(0...sectors), sectors])
      return (.failure(errno: random.pick([Errno.eio, Errno.eio, Errno.etimedout])), landing)
    }
    let first = Int(request.range.offset / ModelMedium.sectorBytes)
    if request.operation != .flush, badSectors.overlaps(first..<first + sectors) {
      return (.failure(errno: Errno.eio), 0)
    }
    if !isProbe, scenario.troubles.contains(.verdicts), isFaulty, random.chance(percent: 1) {
      let errno =
        request.operation == .read ? Errno.eilseq : random.pick([Errno.enospc, Errno.eopnotsupp])
      return (.failure(errno: errno), 0)
    }
    return (.success, sectors)
  }

  var isFaulty: Bool {
    if case .faults = phase { return true }
    return false
  }

  func cache(of path: Int) -> Int { scenario.cacheDomain == .shared ? 0 : path }

  /// The moment at which an attempt takes effect, somewhere between issue and completion.
  mutating func land(_ io: Int, _ generation: UInt32) {
    let work = ios[io]
    guard work.isInUse, work.generation == generation, !work.hasLanded else { return }
    if paths[work.path].hangsUntil > now, random.chance(percent: 50) {
      // It was under way when the hang began, and takes effect at some later instant, or when it answers.
      let left = Int((paths[work.path].hangsUntil - now).nanoseconds)
      let wait = Interval(nanoseconds: UInt64(1 + random.below(left)))
      events.schedule(.land(io: io, generation: generation), at: now + wait)
      return
    }
    takeEffect(io)
  }

  private mutating func takeEffect(_ io: Int) {
    ios[io].hasLanded = true
    let work = ios[io]
    guard work.landingSectors > 0 else { return }
    let request = work.request
    let first = Int(request.range.offset / ModelMedium.sectorBytes)
    let sectors = first..<first + work.landingSectors
    let place = Int(request.buffer.offset) / Int(ModelMedium.sectorBytes)
    switch request.operation {
    case .flush: medium.flush(cache: cache(of: work.path))
    case .read:
      let isWrong = paths[work.path].showsWrongMedium || work.outcome != .success
      for (offset, sector) in sectors.enumerated() {
        memory[place + offset] = isWrong ? ModelMedium.foreignStamp : medium.visible[sector]
      }
    case .write:
      for offset in 0..<work.landingSectors where memory[place + offset] != work.stamp {
        violate(
          .readsWhatWasWritten, "the buffer of write \(work.stamp) was used anew before it landed")
        return
      }
      modify(sectors, work)
    case .discard, .writeZeroes: modify(sectors, work)
    }
  }

  private mutating func modify(_ sectors: Range<Int>, _ work: ModelIO) {
    modify(
      sectors, stamp: work.stamp, cache: cache(of: work.path),
      isForced: work.request.flags.contains(.forceUnitAccess))
  }

  mutating func modify(_ sectors: Range<Int>, stamp: UInt64, cache: Int, isForced: Bool) {
    for sector in sectors {
      if history.isOverwritten(stamp, by: medium.visible[sector]) {
        violate(
          .neverOverwrittenByOlder,
          "write \(stamp) landed on sector \(sector) over write \(medium.visible[sector])")
        return
      }
      medium.write(stamp, to: sector, cache: cache, isForced: isForced)
    }
  }

  mutating func complete(_ io: Int, _ generation: UInt32) {
    let work = ios[io]
    guard work.isInUse, work.generation == generation else { return }
    if let end = work.cutUntil {
      // Only the event that the end of its connection has scheduled is for it.
      guard !(now < end) else { return }
    } else if paths[work.path].hangsUntil > now {
      let at = paths[work.path].hangsUntil + serviceTime(of: work.path)
      events.schedule(.complete(io: io, generation: generation), at: at)
      return
    }
    if !work.hasLanded { takeEffect(io) }
    if !work.isProbe { checkSilence(work) }
    ios[io].isInUse = false
    freeIOs.append(io)
    paths[work.path].outstanding -= 1
    paths[work.path].answeredAt = now
    mix(6, UInt64(work.path), UInt64(work.slot), UInt64(work.outcome.errno))
    note {
      let what = work.isProbe ? "a probe" : "slot \(work.slot)"
      return "path \(work.path) answers \(what) with \(work.outcome.errno)"
    }
    if !work.isProbe {
      paths[work.path].attempts -= 1
      noteAnswer(work)
      noteCache(work)
      sabotage()
    }
    engine.completed(
      IOCompletion(token: work.request.token, outcome: work.outcome), at: now, arena: &arena,
      effects: &effects)
  }

  private mutating func noteAnswer(_ work: ModelIO) {
    let slot = Int(work.slot)
    guard slots[slot].generation == work.slotGeneration else { return }
    slots[slot].outstanding -= 1
    switch work.outcome.verdict {
    case .none: slots[slot].hasSucceeded = true
    case .target: slots[slot].verdictErrno = work.outcome.errno
    case .doubtful:
      slots[slot].failedOn.insert(work.request.path)
      slots[slot].answeredOn.insert(work.request.path)
    case .lost: slots[slot].failedOn.insert(work.request.path)
    }
  }

  // MARK: Power

  /// The cache behind a path loses power: its content is gone, and so are its paths until they are opened
  /// anew. What was under way there comes back as ENODEV.
  mutating func losePower(of path: Int) {
    let isShared = scenario.cacheDomain == .shared
    note { isShared ? "the shared cache loses power" : "the cache of path \(path) loses power" }
    mix(7, UInt64(path))
    for other in paths.indices where isShared || other == path {
      guard let index = paths[other].index else { continue }
      forgetLateChanges(of: other)
      endConnection(of: other, mayLand: false)
      paths[other].isDead = true
      if case .lost = engine.machine.table[index].service { scheduleReopening(of: other) }
    }
    for io in ios.indices
    where ios[io].isInUse && ios[io].cutUntil == nil && (isShared || ios[io].path == path) {
      ios[io].outcome = .failure(errno: Errno.enodev)
      ios[io].landingSectors = 0
    }
    loseCache(cache(of: path))
  }

  mutating func loseCache(_ cache: Int) {
    let reads = slots.indices.filter {
      slots[$0].operation == .read && slots[$0].phase == .running
    }
    // Acknowledged only now, they are as lost as what was acknowledged before and not flushed.
    for slot in slots.indices where slots[slot].hasSucceeded { slots[slot].isLostAlready = true }
    for sector in medium.lose(cache: cache) {
      let stamp = medium.visible[sector]
      // One cache for all is one server for all: its power loss is seen by every path and by nobody
      // else, and the machine has no sign to tell it from a loss of the connection.
      let mustBeTold = scenario.cacheDomain == .private
      guard history.turnedBack(sector, to: stamp, mustBeTold: mustBeTold) else {
        violate(.flushCovers, "sector \(sector) was flushed and fell back to write \(stamp)")
        return
      }
      // Reads under way may see what the sector fell back to, even if it is written anew meanwhile.
      for slot in reads where slots[slot].sectors.contains(sector) {
        let place = slot * Self.sectorsPerRequestMax + sector - slots[slot].sectors.lowerBound
        floors[place] = min(floors[place], history.floor(of: sector))
      }
    }
  }

  mutating func scheduleReopening(of path: Int) {
    let wait = Interval.microseconds(UInt64(random.within(500...30_000)))
    events.schedule(.reopen(path: path), at: now + wait)
  }

  mutating func reopen(_ path: Int) {
    guard paths[path].isDead, let index = paths[path].index, !paths[path].isLeaving,
      case .lost = engine.machine.table[index].service
    else { return }
    paths[path].isDead = false
    paths[path].showsWrongMedium =
      isFaulty && scenario.troubles.contains(.wrongMedium) && random.chance(percent: 30)
    let isWrong = paths[path].showsWrongMedium
    note { "path \(path) is opened anew\(isWrong ? " and shows another medium" : "")" }
    mix(8, UInt64(path))
    decide(.pathReopened(index))
  }

  mutating func answerIdentity(_ index: PathIndex, _ generation: UInt32) {
    let path = pathAt[Int(index.rawValue)]
    guard path >= 0 else { return }
    let verdict: IdentityVerdict
    if paths[path].isDead || paths[path].lostUntil > now || paths[path].hangsUntil > now {
      verdict = .unknown
    } else {
      verdict = paths[path].showsWrongMedium ? .different : .same
    }
    mix(9, UInt64(path), UInt64(verdict.rawValue))
    note { "path \(path) is found to be \(verdict)" }
    decide(.identityChecked(index, generation: generation, verdict))
  }

  mutating func detached(_ index: PathIndex) {
    let path = pathAt[Int(index.rawValue)]
    guard path >= 0, paths[path].isLeaving, paths[path].outstanding == 0 else {
      violate(.countersMatch, "place \(index.rawValue) was reported as drained too early")
      return
    }
    note { "path \(path) is drained" }
    pathAt[Int(index.rawValue)] = -1
    paths[path].index = nil
    paths[path].isLeaving = false
    paths[path].isDead = false
    paths[path].leftAt = nil
    paths[path].isUnproven = false
    paths[path].emptiedAt = cacheTicks
    for slot in slots.indices {
      slots[slot].failedOn.remove(index)
      slots[slot].answeredOn.remove(index)
      slots[slot].offered.remove(index)
    }
  }

  mutating func heard(_ event: MultipathEvent) {
    note { "event \(event)" }
    switch event {
    case .activeChanged: groupsMoved = true
    case .pathStalled(let index, _, _, _):
      let path = pathAt[Int(index.rawValue)]
      if path >= 0 { paths[path].stalledAt = now }
    case .pathFailed(let index, _), .pathLost(let index, _):
      let path = pathAt[Int(index.rawValue)]
      if path >= 0 { paths[path].leftAt = paths[path].leftAt ?? now }
    case .pathRestored(let index, _):
      let path = pathAt[Int(index.rawValue)]
      if path >= 0 { paths[path].leftAt = nil }
    default: break
    }
    if case .pathLost(let index, _) = event {
      let path = pathAt[Int(index.rawValue)]
      if path >= 0 { scheduleReopening(of: path) }
    }
  }
}

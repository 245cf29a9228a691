internal import BlockIO
internal import Engine
internal import Multipath

/// What clients do, in the order in which a reactor would do it for them.
extension World {
  mutating func takeTurn(_ client: Int) {
    guard case .faults = phase else { return }
    while clients[client].inFlight < clients[client].plan.depth, begun < scenario.requestCount {
      let wish = clients[client].waiting ?? drawWish()
      guard ask(for: wish, client) else {
        clients[client].waiting = wish
        return
      }
      clients[client].waiting = nil
    }
  }

  private mutating func ask(for wish: ModelClient.Wish, _ client: Int) -> Bool {
    cookies += 1
    let reserved = engine.reserve(
      wish.operation, flags: wish.flags, range: wish.range, session: clients[client].session,
      cookie: cookies, account: &clients[client].account, arena: &arena)
    guard let reserved else { return false }
    let slot = Int(reserved)
    if slots[slot].phase != .vacant {
      violate(.countersMatch, "slot \(slot) was given out while it was in use")
      return true
    }
    slots[slot] = SlotRecord(
      phase: .reserved, generation: slots[slot].generation &+ 1, client: client,
      session: clients[client].session, cookie: cookies, operation: wish.operation,
      flags: wish.flags, range: wish.range)
    clients[client].inFlight += 1
    begun += 1
    let delay = microseconds(upTo: wish.operation == .write ? 300 : 0)
    events.schedule(
      .payloadArrived(slot: reserved, generation: slots[slot].generation), at: now + delay)
    return true
  }

  private mutating func drawWish() -> ModelClient.Wish {
    let flushes = scenario.troubles.contains(.flushStorm) ? 40 : 5
    let operation: Operation
    switch random.below(100) {
    case ..<flushes: return ModelClient.Wish(operation: .flush, flags: [], range: .empty)
    case ..<(flushes + 30): operation = .write
    case ..<(flushes + 34): operation = .writeZeroes
    case ..<(flushes + 38): operation = .discard
    default: operation = .read
    }
    let flags: OperationFlags =
      operation.modifies && random.chance(percent: 10) ? .forceUnitAccess : []
    let block = Int(scenario.blockBytes)
    let blocksMax = Self.sectorsPerRequestMax * Int(ModelMedium.sectorBytes) / block
    let count = random.within(1...blocksMax)
    let all = scenario.sectorCount * Int(ModelMedium.sectorBytes) / block
    let places = all - count + 1
    // Half of all requests meet in a small part of the medium, so that they overlap.
    let place = random.below(random.chance(percent: 50) ? min(places, 6) : places)
    let range = ByteRange(
      uncheckedOffset: UInt64(place * block), length: UInt64(count * block))
    return ModelClient.Wish(operation: operation, flags: flags, range: range)
  }

  mutating func begin(_ slot: UInt32, _ generation: UInt32) {
    let place = Int(slot)
    guard slots[place].generation == generation, slots[place].phase == .reserved else { return }
    slots[place].phase = .running
    slots[place].beganAt = now
    if slots[place].operation == .read { earnHedge() }
    slots[place].offered = engine.machine.table.usable
    let operation = slots[place].operation
    if operation.modifies {
      slots[place].write = history.beginWrite()
      slots[place].beganMoment = history.moment
    } else {
      slots[place].beganMoment = history.tick()
    }
    if operation == .read {
      for (offset, sector) in slots[place].sectors.enumerated() {
        floors[place * Self.sectorsPerRequestMax + offset] = history.floor(of: sector)
      }
    }
    if operation == .write {
      fill(engine.payload(of: slot).buffer, sectors: slots[place].sectors.count, slots[place].write)
    }
    mix(2, UInt64(slot), UInt64(operation.rawValue), slots[place].range.offset)
    let record = slots[place]
    note {
      "slot \(slot) begins \(record.operation) \(record.sectors), write \(record.write)"
    }
    sabotage()
    engine.begin(slot, at: now, arena: &arena, effects: &effects)
  }

  mutating func fill(_ buffer: BufferReference, sectors: Int, _ stamp: UInt64) {
    let first = Int(buffer.offset) / Int(ModelMedium.sectorBytes)
    for place in first..<first + sectors { memory[place] = stamp }
  }

  /// Breaks the machine, when this run is there to show that it is noticed.
  mutating func sabotage() {
    let change = defect
    guard change != .none else { return }
    engine.decide(at: now, arena: &arena, effects: &effects) { machine, _ in
      switch change {
      case .none: break
      case .forgetsTriedPaths: machine.forgetTriedPaths()
      case .forgetsUnflushedWrites: machine.forgetUnflushedWrites()
      case .ignoresGhosts, .ignoresGenerations, .sharesReadBuffers, .skipsIdentity,
        .ignoresQuietTime, .ignoresFences:
        break
      }
    }
  }

  // MARK: Replies

  mutating func replied(_ slot: UInt32) {
    let place = Int(slot)
    let record = slots[place]
    let reply = engine.reply(for: slot)
    mix(3, UInt64(slot), UInt64(reply.errno))
    note { "slot \(slot) is answered with \(reply.errno)" }
    guard record.phase == .running else {
      violate(.answeredOnce, "slot \(slot) was answered while \(record.phase)")
      return
    }
    if reply.session != record.session || reply.cookie != record.cookie {
      violate(.answeredOnce, "slot \(slot) was answered to another request")
    }
    slots[place].phase = .answered
    leaveBehind(slot)
    if reply.errno == 0 { checkSuccess(slot, reply) } else { checkError(slot, reply.errno) }
    slots[place].replyDigest = digest(of: reply)
    endHistory(slot, isAcknowledged: reply.errno == 0)
    let plan = clients[record.client].plan
    let delay = microseconds(upTo: plan.replyMicroseconds)
    events.schedule(.replyTaken(slot: slot, generation: record.generation), at: now + delay)
    verified(reply.errno)
  }

  /// Tells the history that a modifying request is over.
  mutating func endHistory(_ slot: UInt32, isAcknowledged: Bool) {
    let record = slots[Int(slot)]
    guard record.operation.modifies, record.write != 0 else { return }
    let isForced = record.flags.contains(.forceUnitAccess)
    history.endWrite(
      record.write, sectors: record.sectors,
      isAcknowledged: isAcknowledged && (isForced || !record.isLostAlready), isForced: isForced)
  }

  mutating func takeReply(_ slot: UInt32, _ generation: UInt32) {
    let place = Int(slot)
    guard slots[place].generation == generation, slots[place].phase == .answered else { return }
    let client = slots[place].client
    checkReplyUnchanged(slot)
    engine.replySent(slot, account: &clients[client].account, arena: &arena)
    slots[place].phase = .vacant
    clients[client].inFlight -= 1
    switch phase {
    case .faults:
      let wait = microseconds(upTo: clients[client].plan.pauseMicroseconds)
      events.schedule(.clientTurn(client: client), at: now + wait)
    case .healing, .ending, .done: break
    case .readingBack, .flushing: readBack()
    }
  }

  /// A place or a buffer has become free: whoever waited for one tries again.
  mutating func wakeClients() {
    let grew = engine.freeSlots > freeSlotsBefore || arena.freeBytes > freeBytesBefore
    freeSlotsBefore = engine.freeSlots
    freeBytesBefore = arena.freeBytes
    guard grew else { return }
    for client in clients.indices where clients[client].waiting != nil { takeTurn(client) }
    freeSlotsBefore = engine.freeSlots
    freeBytesBefore = arena.freeBytes
  }

  // MARK: Sessions

  mutating func endSomeSession() {
    guard case .faults = phase else { return }
    events.schedule(.sessionEnds, at: now + pause(around: .milliseconds(20)))
    let client = random.below(clients.count)
    let session = clients[client].session
    mix(4, UInt64(session))
    note { "session \(session) ends" }
    engine.abandon(session: session, arena: &arena, effects: &effects)
    for place in slots.indices where slots[place].session == session {
      switch slots[place].phase {
      case .vacant, .orphan: break
      case .reserved, .answered: slots[place].phase = .vacant
      case .running:
        slots[place].phase = .orphan
        orphans.append(UInt32(place))
      }
    }
    clients[client].session = newSession()
    clients[client].account = SessionAccount()
    clients[client].inFlight = 0
    clients[client].waiting = nil
    events.schedule(.clientTurn(client: client), at: now + microseconds(upTo: 2_000))
  }

  /// Requests without a client end unheard; a write among them may take effect until then.
  mutating func endOrphans() {
    var position = 0
    while position < orphans.count {
      let slot = orphans[position]
      guard engine.machine.isVacant(slot: slot) else {
        position += 1
        continue
      }
      endHistory(slot, isAcknowledged: false)
      leaveBehind(slot)
      slots[Int(slot)].phase = .vacant
      orphans.remove(at: position)
    }
  }

  // MARK: The end

  /// Asks for the next piece of the medium, and at the end for a flush.
  mutating func readBack() {
    let client = clients.count - 1
    switch phase {
    case .faults, .healing, .ending, .done: return
    case .readingBack(let next):
      guard next < scenario.sectorCount else {
        phase = .flushing
        readBack()
        return
      }
      let range = ByteRange(
        uncheckedOffset: UInt64(next) * ModelMedium.sectorBytes,
        length: UInt64(Self.sectorsPerRequestMax) * ModelMedium.sectorBytes)
      phase = .readingBack(next: next + Self.sectorsPerRequestMax)
      if !ask(for: ModelClient.Wish(operation: .read, flags: [], range: range), client) {
        violate(.finishes, "an idle engine has no place for a read")
      }
    case .flushing:
      if !ask(for: ModelClient.Wish(operation: .flush, flags: [], range: .empty), client) {
        violate(.finishes, "an idle engine has no place for a flush")
      }
    }
  }

  /// What the answer to a request of the last phases means.
  private mutating func verified(_ errno: Int32) {
    switch phase {
    case .faults, .healing, .ending, .done: return
    case .readingBack: if errno == 0 { return }
    case .flushing:
      if errno == 0 {
        phase = .ending
        return
      }
    }
    // An idle path that died unnoticed shows only now; each may cost one error, and so may what was lost
    // while the faults lasted.
    setbacks += 1
    note { "healing begins anew" }
    heal()
    if setbacks > scenario.pathCount + 1 {
      violate(.finishes, "requests keep failing with \(errno) on healthy paths")
    }
  }
}

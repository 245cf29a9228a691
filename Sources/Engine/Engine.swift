internal import BasicContainers
public import BlockIO
public import Multipath

/// The bookkeeping machine of one device: clients' requests, their buffers, and the decision machine
/// that carries them. Pure: it emits `IORequest`s and eats `IOCompletion`s.
///
/// A request's life: `reserve` gives it a place and a buffer, `begin` hands it to the machine once a
/// write's payload is there, `.reply` says that it is over, `replySent` frees its place. Both tables are
/// fixed; a session that finds no place stops reading its socket.
public struct Engine: ~Copyable {
  public typealias Effects = EffectQueue<EngineEffect>

  public static let noSlot = UInt32.max

  public internal(set) var machine: MultipathMachine
  var requests: LazyTable<EngineRequest>
  private var firstFree: UInt32
  public private(set) var freeSlots: Int
  var decisions: MultipathMachine.Effects
  /// Notes what the machine is told, while somebody wants to know.
  var recorder: TraceRecorder?
  /// By attempt: the buffer it was given, shared with its request or its own. Held until it answers, since
  /// until then the kernel may read or write it.
  private var attemptBuffers: LazyTable<BufferReference>
  /// Where all probes read to: nobody looks at what they bring, so they may share it. Leased with the
  /// first path and kept, since requests that wait for a path may hold all other memory until a probe
  /// brings one back.
  var probeBuffer = BufferReference.none
  /// See `Engine+Ordering`.
  let keepsSessionsApart: Bool
  var changes = ChangeMap()
  var owners = ChangeOwners()
  /// Changes that wait for another session's, and whether one that they may wait for has ended.
  public internal(set) var heldSlots = 0
  var arrivals: UInt64 = 0
  var mayRelease = false

  /// With `keepsSessionsApart`, a change waits for another session's change of the same bytes.
  public init(_ configuration: MultipathConfiguration, keepsSessionsApart: Bool = false) {
    let count = configuration.requestsMax
    self.keepsSessionsApart = keepsSessionsApart
    machine = MultipathMachine(configuration)
    requests = LazyTable(repeating: EngineRequest(), count: count)
    firstFree = 0
    freeSlots = count
    decisions = MultipathMachine.Effects(capacity: 64)
    attemptBuffers = LazyTable(
      repeating: .none, count: MultipathMachine.attemptPlaces(configuration))
  }

  public var slotCount: Int { requests.count }

  // MARK: Requests

  /// A place and a buffer for a request, or nil when the session has to wait.
  ///
  /// A session may hold as many places and bytes as are left free after it (a dynamic threshold): one
  /// alone gets half of everything, and sessions that stop reading their replies can never take
  /// the last of it from the others.
  public mutating func reserve(
    _ operation: Operation, flags: OperationFlags, range: ByteRange, session: UInt32,
    cookie: UInt64, account: inout SessionAccount, arena: inout BufferArena
  ) -> UInt32? {
    guard firstFree != Self.noSlot, Int(account.slots) < freeSlots else { return nil }
    var buffer = BufferReference.none
    switch operation {
    case .read, .write:
      let needed = Int(range.length)
      if needed > 0 {
        guard account.bytes == 0 || Int(account.bytes) + needed <= arena.freeBytes - needed,
          let leased = arena.lease(needed)
        else { return nil }
        buffer = leased
      }
    case .flush, .discard, .writeZeroes: break
    }
    let slot = firstFree
    firstFree = nextFree(after: slot)
    freeSlots -= 1
    account.slots += 1
    account.bytes += Int64(buffer.capacity)
    requests.touch(Int(slot))
    requests[Int(slot)] = EngineRequest(
      phase: .reserved, operation: operation, flags: flags, session: session, cookie: cookie,
      range: range, buffer: buffer)
    return slot
  }

  /// The free places that were never used are a list from the lowest on.
  private func nextFree(after slot: UInt32) -> UInt32 {
    if Int(slot) < requests.touchedCount { return requests[Int(slot)].nextFree }
    return Int(slot) + 1 < requests.count ? slot + 1 : Self.noSlot
  }

  /// Where the payload of a reserved write goes, and how long it is.
  public func payload(of slot: UInt32) -> (buffer: BufferReference, bytes: Int) {
    (requests[Int(slot)].buffer, Int(requests[Int(slot)].range.length))
  }

  /// Gives a reserved request back unanswered: its payload was cut off.
  public mutating func cancel(
    _ slot: UInt32, account: inout SessionAccount, arena: inout BufferArena
  ) {
    precondition(requests[Int(slot)].phase == .reserved)
    settle(slot, &account)
    free(slot, arena: &arena)
  }

  /// Hands a reserved request to the machine. For a write, its payload is in the buffer. The medium may have
  /// shrunk since it was checked, while the payload came.
  public mutating func begin(
    _ slot: UInt32, at now: Instant, arena: inout BufferArena, effects: inout Effects
  ) {
    precondition(requests[Int(slot)].phase == .reserved)
    if answerIfBeyondEnd(slot, effects: &effects) { return }
    submitOrHold(slot, at: now)
    carryOut(at: now, arena: &arena, effects: &effects)
  }

  mutating func answerIfBeyondEnd(_ slot: UInt32, effects: inout Effects) -> Bool {
    let request = requests[Int(slot)]
    if machine.configuration.geometry.contains(request.range) { return false }
    answer(slot, errno: request.operation.modifies ? Errno.enospc : Errno.eio, effects: &effects)
    return true
  }

  mutating func submit(_ slot: UInt32, at now: Instant) {
    let request = requests[Int(slot)]
    requests[Int(slot)].phase = .running
    requests[Int(slot)].wasSubmitted = true
    let mark = decisions.mark
    machine.submit(
      slot: slot, operation: request.operation, flags: request.flags, range: request.range,
      at: now, effects: &decisions)
    if recorder != nil {
      note(
        .submit(
          slot: slot, operation: request.operation, flags: request.flags, range: request.range),
        at: now, since: mark)
    }
  }

  /// Answers a reserved request without any I/O: a refusal, or a command with nothing to do.
  public mutating func answer(_ slot: UInt32, errno: Int32, effects: inout Effects) {
    precondition(requests[Int(slot)].phase == .reserved)
    requests[Int(slot)].phase = .answered
    requests[Int(slot)].errno = errno
    effects.append(.reply(slot: slot))
  }

  /// Answers a reserved read without asking any path: its buffer has been filled with so many bytes.
  public mutating func answer(_ slot: UInt32, dataBytes: UInt64, effects: inout Effects) {
    let request = requests[Int(slot)]
    guard request.operation == .read, dataBytes <= request.range.length else {
      preconditionFailure("there is no room for such an answer")
    }
    requests[Int(slot)].range = request.range.prefix(dataBytes)
    answer(slot, errno: 0, effects: &effects)
  }

  public func reply(for slot: UInt32) -> Reply {
    let request = requests[Int(slot)]
    let hasData = request.errno == 0 && request.operation == .read && !request.buffer.isNone
    return Reply(
      session: request.session, cookie: request.cookie, errno: request.errno,
      buffer: hasData ? request.buffer : .none,
      dataBytes: hasData ? UInt32(request.range.length) : 0)
  }

  /// The reply is out, or will never be: the place and what it holds are free again.
  public mutating func replySent(
    _ slot: UInt32, account: inout SessionAccount, arena: inout BufferArena
  ) {
    precondition(requests[Int(slot)].phase == .answered)
    settle(slot, &account)
    free(slot, arena: &arena)
  }

  private func settle(_ slot: UInt32, _ account: inout SessionAccount) {
    account.slots -= 1
    account.bytes -= Int64(requests[Int(slot)].buffer.capacity)
    assert(account.slots >= 0 && account.bytes >= 0)
  }

  /// The session has ended. What it only queued is dropped, since a client that has gone owns no right
  /// to write any more; attempts that are outstanding run to their end unheard.
  public mutating func abandon(
    session: UInt32, arena: inout BufferArena, effects: inout Effects
  ) {
    for slot in 0..<requests.touchedCount
    where requests[slot].session == session && !requests[slot].isOrphan {
      switch requests[slot].phase {
      case .vacant: continue
      case .reserved: free(UInt32(slot), arena: &arena)
      case .held:
        heldSlots -= 1
        forgetChange(UInt32(slot))
        free(UInt32(slot), arena: &arena)
      case .answered:
        if requests[slot].wasSubmitted { answerUnheard(UInt32(slot)) }
        free(UInt32(slot), arena: &arena)
      case .running:
        requests[slot].isOrphan = true
        disownChange(slot)
        let mark = decisions.mark
        let wasWaiting = machine.cancelWaiting(slot: UInt32(slot), effects: &decisions)
        note(.cancelWaiting(slot: UInt32(slot)), at: nil, since: mark, .flag(wasWaiting))
        if wasWaiting {
          forgetChange(UInt32(slot))
          free(UInt32(slot), arena: &arena)
        }
      }
    }
    translate(at: .zero, arena: &arena, effects: &effects)
  }

  private mutating func answerUnheard(_ slot: UInt32) {
    let mark = decisions.mark
    machine.answerUnheard(slot: slot)
    note(.answerUnheard(slot: slot), at: nil, since: mark)
  }

  private mutating func free(_ slot: UInt32, arena: inout BufferArena) {
    let buffer = requests[Int(slot)].buffer
    if !buffer.isNone { arena.release(buffer) }
    requests[Int(slot)] = EngineRequest(nextFree: firstFree)
    firstFree = slot
    freeSlots += 1
  }

  /// Requests that are with the machine or whose reply is not out yet.
  public var busySlots: Int { requests.count - freeSlots }

  /// A client's change of what lies beyond `end` is with the machine, and may be tried yet.
  public func hasChange(beyond end: UInt64) -> Bool {
    for slot in 0..<requests.touchedCount where requests[slot].phase == .running {
      if requests[slot].operation.modifies, requests[slot].range.end > end { return true }
    }
    return false
  }

  // MARK: Completions and time

  public mutating func completed(
    _ completion: IOCompletion, at now: Instant, arena: inout BufferArena,
    effects: inout Effects
  ) {
    let mark = decisions.mark
    if completion.token.kind == TokenKind.probe {
      machine.probeFinished(
        completion.token, outcome: completion.outcome, at: now, effects: &decisions)
      note(.probeFinished(completion.token, completion.outcome), at: now, since: mark)
      carryOut(at: now, arena: &arena, effects: &effects)
      return
    }
    let buffer = attemptBuffers[Int(completion.token.slot)]
    machine.attemptFinished(
      completion.token, outcome: completion.outcome, at: now, effects: &decisions)
    if recorder != nil {
      note(.attemptFinished(completion.token, completion.outcome), at: now, since: mark)
    }
    carryOut(at: now, arena: &arena, effects: &effects)
    if !buffer.isNone { arena.release(buffer) }
  }

  public mutating func tick(
    at now: Instant, arena: inout BufferArena, effects: inout Effects
  ) {
    let mark = decisions.mark
    machine.tick(at: now, effects: &decisions)
    if recorder != nil { note(.tick, at: now, since: mark) }
    carryOut(at: now, arena: &arena, effects: &effects)
  }

  public var nextDeadline: Instant? { machine.nextDeadline }

  /// Tells the decision machine something on behalf of the control side, and passes on what it decides.
  @discardableResult
  public mutating func decide(
    _ input: ControlInput, at now: Instant, arena: inout BufferArena, effects: inout Effects
  ) -> MachineAnswer {
    leaseProbeBuffer(&arena)
    let mark = decisions.mark
    let answer = machine.apply(input, at: now, effects: &decisions)
    note(.control(input), at: now, since: mark, answer)
    carryOut(at: now, arena: &arena, effects: &effects)
    return answer
  }

  /// Runs `change` on the decision machine and passes on what it decides. A trace ends here, since it could
  /// not tell what was done: what production does has a `ControlInput`.
  public mutating func decide<Result>(
    at now: Instant, arena: inout BufferArena, effects: inout Effects,
    _ change: (inout MultipathMachine, inout MultipathMachine.Effects) -> Result
  ) -> Result {
    recorder?.end(.unrecorded)
    leaseProbeBuffer(&arena)
    let result = change(&machine, &decisions)
    carryOut(at: now, arena: &arena, effects: &effects)
    return result
  }

  // MARK: Decisions into effects

  /// Passes on what the machine has decided, and what can go on because of it.
  private mutating func carryOut(
    at now: Instant, arena: inout BufferArena, effects: inout Effects
  ) {
    translate(at: now, arena: &arena, effects: &effects)
    if mayRelease { releaseHeld(at: now, arena: &arena, effects: &effects) }
  }

  mutating func translate(
    at now: Instant, arena: inout BufferArena, effects: inout Effects
  ) {
    while let decision = decisions.next() {
      switch decision {
      case .issue(let token, let slot, let path, let needsOwnBuffer):
        guard let buffer = buffer(for: slot, isOwn: needsOwnBuffer, &arena) else {
          let mark = decisions.mark
          machine.attemptRefused(token, at: now, effects: &decisions)
          note(.attemptRefused(token), at: now, since: mark)
          continue
        }
        attemptBuffers.touch(Int(token.slot))
        attemptBuffers[Int(token.slot)] = buffer
        let request = requests[Int(slot)]
        effects.append(
          .io(
            IORequest(
              token: token, path: path, operation: request.operation, flags: request.flags,
              range: request.range, buffer: buffer)))
      case .finish(let slot, let outcome, let winner):
        if let winner, outcome == .success { takeData(of: winner, for: slot, &arena) }
        finish(slot, outcome, arena: &arena, effects: &effects)
      case .probe(let token, let path, let range):
        startProbe(token, path, range, at: now, arena: &arena, effects: &effects)
      case .checkIdentity(let path, let generation):
        effects.append(.checkIdentity(path: path, generation: generation))
      case .fence(let path, let generation):
        effects.append(.fence(path: path, generation: generation))
      case .drained(let path): effects.append(.drained(path: path))
      case .event(let event): effects.append(.event(event))
      }
    }
  }

  /// The buffer of an attempt, with its share in it; nil when it needs one of its own and there is none.
  private func buffer(
    for slot: UInt32, isOwn: Bool, _ arena: inout BufferArena
  ) -> BufferReference? {
    let request = requests[Int(slot)]
    if request.buffer.isNone { return BufferReference.none }
    if isOwn { return arena.lease(Int(request.range.length)) }
    arena.retain(request.buffer)
    return request.buffer
  }

  /// A read was answered by an attempt with a buffer of its own: that is where the data is.
  private mutating func takeData(
    of winner: Token, for slot: UInt32, _ arena: inout BufferArena
  ) {
    let own = requests[Int(slot)].buffer
    let won = attemptBuffers[Int(winner.slot)]
    guard own != won, !own.isNone else { return }
    arena.retain(won)
    arena.release(own)
    requests[Int(slot)].buffer = won
  }

  private mutating func finish(
    _ slot: UInt32, _ outcome: IOOutcome, arena: inout BufferArena, effects: inout Effects
  ) {
    precondition(requests[Int(slot)].phase == .running)
    forgetChange(slot)
    if requests[Int(slot)].isOrphan {
      answerUnheard(slot)
      free(slot, arena: &arena)
      return
    }
    requests[Int(slot)].phase = .answered
    requests[Int(slot)].errno = outcome.errno
    effects.append(.reply(slot: slot))
  }
}

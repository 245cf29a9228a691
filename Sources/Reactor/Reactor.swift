internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import Multipath
internal import NBD

/// One thread, one ring: executes what the engines of its devices decide.
///
/// A turn: reap all completions, feed the machines, drain their effects into SQEs, answer the clients,
/// and enter the kernel once for all of it, with the nearest deadline. Nothing here blocks: opening,
/// closing and comparing paths happens on other threads, which talk through the mailbox.
///
/// The parts: `+Sessions` accepts and closes, `+Receive` parses, `+Replies` sends, `+PathIO` phrases
/// attempts, `+Connections` and its siblings carry them to servers, `+Devices` and `+Commands` are the control side's wishes.
struct Reactor: ~Copyable {
  let ring: Ring
  let memory: Memory
  let inbox: Mailbox<ReactorCommand>
  let report: @Sendable (ReactorReport) -> Void

  var arena: BufferArena
  var effects: Engine.Effects
  var sessions: RigidArray<Session>
  var negotiations: [Negotiation?]
  var freeSessions: RigidArray<UInt32>
  var devices: RigidArray<DeviceHost>
  var freeFilePlaces: RigidArray<UInt32>
  /// Connections to servers; places are made when they are needed first, and used again.
  var connections: RigidArray<Connection>
  /// Those with something to send or to receive.
  var dirtyConnections: RigidArray<UInt32>

  /// Sessions with replies to send, sessions that wait for memory, I/O that found the ring full.
  var dirty: RigidArray<UInt32>
  var starved: RigidArray<UInt32>
  var parked: [ParkedIO] = []
  /// Asked for the holes of files; started when it is needed first.
  var scout: AllocationScout?
  var allocationQueries: RigidArray<AllocationQuery>
  var nextAllocationTicket: UInt64 = 0
  /// Questions that the scout has not answered, heeded or not.
  var allocationsAsked = 0
  /// A request place or a buffer was freed this turn.
  var hasReleased = false
  var negotiatingCount = 0
  var nextDeadline: Instant?
  var nextHousekeeping: Instant?
  var now: Instant
  var isStopping = false
  /// While it was, changes that servers may still carry out were answered: nobody here will write any more.
  var leavesChanges = false
  /// Some session is cut off and not closed yet.
  var hasCutOff = false
  var hasEnded = false

  struct ParkedIO: BitwiseCopyable {
    let device: UInt32
    let place: Int
  }

  init(
    inbox: Mailbox<ReactorCommand>, keeping descriptor: Int32,
    report: @escaping @Sendable (ReactorReport) -> Void
  ) throws(RingError) {
    let ring = try Ring(
      entries: ReactorLimits.submissionEntries, files: UInt32(ReactorLimits.files) + 1)
    if descriptor >= 0 {
      let status = ring.setFile(descriptor, at: UInt32(ReactorLimits.files))
      guard status == 0 else { throw RingError(errno: -status) }
    }
    guard let memory = Memory() else { throw RingError(errno: Errno.enomem) }
    let sessionsMax = ReactorLimits.sessions
    var freeSessions = RigidArray<UInt32>(capacity: sessionsMax)
    for index in (0..<sessionsMax).reversed() { freeSessions.append(UInt32(index)) }
    var freeFilePlaces = RigidArray<UInt32>(capacity: ReactorLimits.files)
    for place in (sessionsMax..<ReactorLimits.files).reversed() {
      freeFilePlaces.append(UInt32(place))
    }
    self.ring = ring
    self.memory = memory
    self.inbox = inbox
    self.report = report
    arena = BufferArena(totalBytes: ReactorLimits.arenaBytes)
    effects = Engine.Effects(capacity: 1024)
    sessions = RigidArray(repeating: Session(), count: sessionsMax)
    negotiations = Array(repeating: nil, count: sessionsMax)
    self.freeSessions = freeSessions
    devices = RigidArray(capacity: ReactorLimits.devices)
    self.freeFilePlaces = freeFilePlaces
    // Twice, since a place may be left behind by a session that ended and used by its successor in one turn.
    dirty = RigidArray(capacity: 2 * sessionsMax)
    starved = RigidArray(capacity: 2 * sessionsMax)
    allocationQueries = RigidArray(capacity: ReactorLimits.allocationQueries)
    connections = RigidArray(capacity: ReactorLimits.connections)
    dirtyConnections = RigidArray(capacity: 2 * ReactorLimits.connections)
    now = Self.clock()
  }

  static func clock() -> Instant {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  mutating func run() {
    armMailbox()
    while !hasEnded {
      let status = ring.enter(timeout: timeout())
      now = Self.clock()
      if status != 0 {
        report(.broken(advice: "io_uring_enter failed with errno \(-status)"))
        return
      }
      reapAll()
      runDeadlines()
      retryParked()
      feedStarved()
      sendToServers()
      sendDirty()
      if hasCutOff { closeCutOff() }
      endIfStopped()
    }
  }

  private mutating func armMailbox() {
    let isArmed = unsafe ring.event(
      inbox.eventDescriptor, memory.mailboxValue, CompletionTag(.mailbox))
    precondition(isArmed, "the mailbox is armed when the ring has just been reaped")
  }

  private func timeout() -> Interval? {
    let isRingFull = !parked.isEmpty || !dirty.isEmpty || !dirtyConnections.isEmpty
    if isRingFull || (hasReleased && !starved.isEmpty) { return .zero }
    switch (nextDeadline, nextHousekeeping) {
    case (nil, nil): return nil
    case (let deadline?, nil): return deadline - now
    case (nil, let housekeeping?): return housekeeping - now
    case (let deadline?, let housekeeping?): return min(deadline, housekeeping) - now
    }
  }

  private mutating func reapAll() {
    while true {
      let count = unsafe ring.reap(into: memory.completions)
      for index in 0..<count {
        let completion = unsafe memory.completions[index]
        complete(CompletionTag(rawValue: completion.user_data), completion.result)
      }
      if count < ReactorLimits.completionsPerReap { return }
    }
  }

  private mutating func complete(_ tag: CompletionTag, _ result: Int32) {
    switch tag.kind {
    case .io: ioCompleted(device: tag.owner, place: tag.item, result: result)
    case .receive: received(UInt32(tag.item), result: result)
    case .send: sent(UInt32(tag.item), result: result)
    case .serverReceive: receivedFromServer(UInt32(tag.item), result: result)
    case .serverSend: sentToServer(UInt32(tag.item), result: result)
    case .cancel: break
    case .accept: accepted(device: tag.owner, place: tag.item, result: result)
    case .mailbox:
      armMailbox()
      for command in inbox.takeAll() { obey(command) }
    case nil: preconditionFailure("a completion with an unknown tag")
    }
  }

  /// Ticks the devices that are due. The nearest deadline is kept, not searched, on the hot path: it is
  /// only ever too early, which costs one idle turn.
  private mutating func runDeadlines() {
    if let due = nextDeadline, !(now < due) {
      nextDeadline = nil
      for device in 0..<devices.count where devices[device].isOpen {
        if let deadline = devices[device].deadline, !(now < deadline) {
          devices[device].engine.tick(at: now, arena: &arena, effects: &effects)
          drainEffects(device)
          endQuietTimes(device)
        }
        noteDeadline(device)
      }
    }
    if let due = nextHousekeeping, !(now < due) { keepHouse() }
  }

  /// To be called after anything that may have changed when a device wants to be woken.
  mutating func noteDeadline(_ device: Int) {
    var deadline = devices[device].engine.nextDeadline
    if let quiet = devices[device].quietDeadline {
      deadline = deadline.map { min($0, quiet) } ?? quiet
    }
    devices[device].deadline = deadline
    guard let deadline else { return }
    if let nearest = nextDeadline, !(deadline < nearest) { return }
    nextDeadline = deadline
  }

  /// Carries out what the engine of `device` has decided.
  mutating func drainEffects(_ device: Int) {
    while let effect = effects.next() {
      switch effect {
      case .io(let request): startIO(device, request)
      case .reply(let slot): queueReply(device, slot)
      case .checkIdentity(let path, let generation):
        report(
          .checkIdentity(
            device: devices[device].id, path: pathID(device, path), generation: generation))
      case .fence(let path, let generation):
        report(
          .fence(device: devices[device].id, path: pathID(device, path), generation: generation))
      case .drained(let path): closePath(device, path)
      case .event(let event): tell(device, event)
      }
    }
    if devices[device].engine.isTracing { passTrace(device) }
    noteDeadline(device)
  }

  private mutating func feedStarved() {
    guard hasReleased else { return }
    hasReleased = false
    let waiting = starved.count
    for position in 0..<waiting {
      let index = starved[position]
      guard sessions[Int(index)].isStarved else { continue }
      sessions[Int(index)].isStarved = false
      if isLeftByKernel(index) {
        beginClose(index)
        continue
      }
      if sessions[Int(index)].phase == .negotiating { receiveMore(index) } else { parse(index) }
    }
    starved.removeSubrange(0..<waiting)
  }

  private mutating func endIfStopped() {
    guard isStopping else { return }
    for device in 0..<devices.count where devices[device].isOpen {
      guard devices[device].isQuiet else { return }
    }
    for index in 0..<UInt32(connections.count) where connections[Int(index)].phase == .up {
      sayGoodbye(index)
    }
    scout?.end()
    hasEnded = true
    report(.stopped(leavesChanges: leavesChanges))
  }
}

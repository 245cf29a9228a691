internal import BlockIO
internal import Engine
internal import Multipath

/// One simulated device with everything around it: the engine under test, the model of what is below
/// it, the clients above it, the operator beside it, and the referee.
///
/// Each step handles one event, hands the engine one input, carries out what it asks for, and checks.
struct World: ~Copyable {
  static let none = UInt32.max
  /// The longest request; the table of read floors has this many entries per slot.
  static let sectorsPerRequestMax = 16
  /// The faults stop at the latest here, however few requests were begun.
  private static let faultsEndAt = Instant.zero + .seconds(180)

  enum Event {
    case clientTurn(client: Int)
    case payloadArrived(slot: UInt32, generation: UInt32)
    case replyTaken(slot: UInt32, generation: UInt32)
    case sessionEnds
    case land(io: Int, generation: UInt32)
    case complete(io: Int, generation: UInt32)
    case identity(path: PathIndex, generation: UInt32)
    case reopen(path: Int)
    case lateLanding(number: Int)
    case fenceEnds(path: Int, index: PathIndex, generation: UInt32, succeeds: Bool)
    case fault
    case operatorTurn
    case busyReactor
    case healTurn
  }

  enum Phase {
    case faults
    /// The faults have stopped; everything has to finish.
    case healing(until: Instant)
    /// All is quiet; what is on the medium is read back from this sector on.
    case readingBack(next: Int)
    /// The last flush.
    case flushing
    /// Only a probe may still be under way.
    case ending
    case done
  }

  let scenario: Scenario
  let defect: Defect
  var random: RandomSource
  var now = Instant.zero
  var events = EventHeap<Event>()
  var phase = Phase.faults

  var engine: Engine
  var arena: BufferArena
  var effects = Engine.Effects(capacity: 64)
  /// Buffers leased for good, so that few are left.
  var ballast: [BufferReference] = []

  var medium: ModelMedium
  /// The arena's memory, one stamp per 512 bytes.
  var memory: [UInt64]
  var paths: [ModelPath]
  /// The model path at each place of the device's table, or -1.
  var pathAt: [Int]
  var ios: [ModelIO] = []
  var freeIOs: [Int] = []
  var badSectors = 0..<0
  var lateChanges: [LateChange] = []
  /// Goes up with each change that ends and each flush and fence.
  var cacheTicks: UInt64 = 0

  var clients: [ModelClient] = []
  var sessions: UInt32 = 0
  var cookies: UInt64 = 0
  var slots: [SlotRecord]
  var floors: [UInt64]
  var orphans: [UInt32] = []

  var history: History
  var usableBefore = PathSet()
  /// What the operator has set since.
  var hedge: HedgePolicy
  var hedgeCredit: UInt32 = 0
  var hedges: UInt64 = 0
  var strictSince: Instant?
  var shortestNoPathTimeout: Interval
  var shortestHold: Interval
  /// When something was changed last by which silence is judged, or the reactor was late.
  var judgedAnewAt = Instant.zero
  /// Set when the active path or the groups changed in this step.
  var groupsMoved = false
  var activeBefore: PathIndex?
  /// The reactor does nothing until then.
  var busyUntil = Instant.zero
  var stepsAtNow = 0
  var steps = 0
  var freeSlotsBefore: Int
  var freeBytesBefore: Int
  /// Set while the operator fails what is queued.
  var isFailingQueued = false
  var violation: Violation?
  /// Errors after the faults had stopped.
  var setbacks = 0

  var begun = 0
  var attempts = 0
  var digest: UInt64 = 0xcbf2_9ce4_8422_2325
  var log: [String]?
  var trace: WorldTrace?

  init(_ scenario: Scenario, defect: Defect, isVerbose: Bool) {
    self.scenario = scenario
    self.defect = defect
    random = RandomSource(seed: ~scenario.seed)
    engine = Engine(
      MultipathConfiguration(
        mode: scenario.mode, geometry: scenario.geometry, cacheDomain: scenario.cacheDomain,
        requestsMax: scenario.requestsMax, attemptsPerPathMax: scenario.attemptsPerPathMax,
        noPathTimeout: scenario.noPathTimeout, noPathBytesMax: scenario.noPathBytesMax,
        probe: scenario.probe,
        stall: scenario.tuning.stall, hedge: scenario.tuning.hedge,
        failback: scenario.tuning.failback, fence: scenario.network?.fence ?? .none))
    hedge = scenario.tuning.hedge
    shortestNoPathTimeout = scenario.noPathTimeout
    shortestHold = scenario.tuning.stall.holdTimeout
    strictSince = scenario.tuning.stall.mode == .strict ? .zero : nil
    arena = BufferArena(totalBytes: BufferArenaSize.bytes)
    medium = ModelMedium(
      sectorCount: scenario.sectorCount,
      cacheCount: scenario.cacheDomain == .shared ? 1 : scenario.pathCount)
    memory = Array(
      repeating: ModelMedium.foreignStamp,
      count: BufferArenaSize.bytes / Int(ModelMedium.sectorBytes))
    paths = Array(repeating: ModelPath(), count: scenario.pathCount)
    pathAt = Array(repeating: -1, count: MultipathConfiguration.pathsMax)
    slots = Array(repeating: SlotRecord(), count: scenario.requestsMax)
    floors = Array(repeating: 0, count: scenario.requestsMax * Self.sectorsPerRequestMax)
    history = History(sectorCount: scenario.sectorCount)
    freeSlotsBefore = scenario.requestsMax
    freeBytesBefore = 0
    log = isVerbose ? [] : nil
  }

  mutating func run() -> SimulationResult {
    start()
    while violation == nil {
      if case .done = phase { break }
      keepTrace()
      step()
    }
    return SimulationResult(
      scenario: scenario, digest: digest, violation: violation, requests: begun,
      attempts: attempts, steps: steps, elapsed: now - .zero, log: log ?? [])
  }

  private mutating func start() {
    while arena.freeBytes > scenario.arenaBytes {
      // The largest power of two that leaves enough; pieces are powers of two.
      let excess = arena.freeBytes - scenario.arenaBytes
      let piece = min(
        1 << (Int.bitWidth - 1 - excess.leadingZeroBitCount), BufferArena.largestBytes)
      guard let buffer = arena.lease(max(piece, BufferArena.pageBytes)) else { break }
      ballast.append(buffer)
    }
    freeBytesBefore = arena.freeBytes
    breakForGood()
    select(scenario.tuning.selector)
    let isPartial = scenario.troubles.contains(.membership)
    for path in paths.indices { paths[path].isNetwork = scenario.network?.isNetwork[path] ?? false }
    for path in paths.indices where path == 0 || !isPartial || random.chance(percent: 70) {
      attach(path)
    }
    for plan in scenario.clients { clients.append(ModelClient(plan: plan, session: newSession())) }
    for client in clients.indices { events.schedule(.clientTurn(client: client), at: now) }
    events.schedule(.fault, at: now + pause(around: scenario.faultEvery))
    events.schedule(.operatorTurn, at: now + pause(around: scenario.operatorEvery))
    if scenario.troubles.contains(.busyReactor) {
      events.schedule(.busyReactor, at: now + pause(around: .milliseconds(50)))
    }
    if scenario.troubles.contains(.sessionEnds) {
      events.schedule(.sessionEnds, at: now + pause(around: .milliseconds(20)))
    }
  }

  mutating func newSession() -> UInt32 {
    sessions += 1
    return sessions
  }

  /// Between half and one and a half of `mean`.
  mutating func pause(around mean: Interval) -> Interval {
    let half = Int(mean.nanoseconds / 2)
    return Interval(nanoseconds: UInt64(half + random.below(half * 2 + 1)))
  }

  mutating func microseconds(upTo longest: Int) -> Interval {
    .microseconds(UInt64(random.below(longest + 1)))
  }

  // MARK: Steps

  private mutating func step() {
    let deadline = engine.nextDeadline
    let due = events.nextAt
    groupsMoved = false
    activeBefore = engine.machine.active
    let before = now
    defer { watchTime(since: before) }
    if let deadline, due.map({ deadline <= $0 }) ?? true {
      now = max(now, deadline, busyUntil)
      mix(1)
      engine.tick(at: now, arena: &arena, effects: &effects)
    } else if let (at, event) = events.next() {
      now = max(at, busyUntil)
      handle(event)
    } else {
      violate(.finishes, "nothing is due any more, and the simulation is not over")
      return
    }
    settle()
    advance()
  }

  /// Carries out what the engine asked for and checks the tables.
  mutating func settle() {
    while let effect = effects.next() { perform(effect) }
    noteUsable()
    endOrphans()
    checkTables()
    checkQuarantine()
    wakeClients()
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .clientTurn(let client): takeTurn(client)
    case .payloadArrived(let slot, let generation): begin(slot, generation)
    case .replyTaken(let slot, let generation): takeReply(slot, generation)
    case .sessionEnds: endSomeSession()
    case .land(let io, let generation): land(io, generation)
    case .complete(let io, let generation): complete(io, generation)
    case .identity(let path, let generation): answerIdentity(path, generation)
    case .reopen(let path): reopen(path)
    case .lateLanding(let number): landLate(number)
    case .fenceEnds(let path, let index, let generation, let succeeds):
      endFence(of: path, index, generation, succeeds)
    case .fault: strike()
    case .operatorTurn: operate()
    case .busyReactor: beBusy()
    case .healTurn: healPaths()
    }
  }

  private mutating func perform(_ effect: EngineEffect) {
    switch effect {
    case .io(let request): start(request)
    case .reply(let slot): replied(slot)
    case .checkIdentity(let path, let generation):
      let wait = Interval.microseconds(UInt64(random.within(100...3_000)))
      events.schedule(.identity(path: path, generation: generation), at: now + wait)
    case .fence(let path, let generation): startFence(of: path, generation)
    case .drained(let path): detached(path)
    case .event(let event): heard(event)
    }
  }

  /// Moves on to the next phase when the present one has come to its end.
  private mutating func advance() {
    switch phase {
    case .faults:
      if begun >= scenario.requestCount || now > Self.faultsEndAt { heal() }
    case .healing(let until):
      if isQuiet {
        note { "all is quiet" }
        clients.append(
          ModelClient(
            plan: ClientPlan(depth: 1, pauseMicroseconds: 0, replyMicroseconds: 0),
            session: newSession()))
        phase = .readingBack(next: 0)
        readBack()
        settle()
      } else if now > until {
        violate(.finishes, unfinished)
      }
    case .ending: if freeIOs.count == ios.count { checkEnd() }
    case .readingBack, .flushing, .done: break
    }
  }

  private var isQuiet: Bool {
    engine.busySlots == 0 && freeIOs.count == ios.count
      && engine.machine.table.usable.count == scenario.pathCount
  }

  private var unfinished: String {
    var parts = ["\(engine.busySlots) requests, \(ios.count - freeIOs.count) attempts"]
    parts.append("\(engine.machine.queuedCount) wait for a path")
    for path in paths.indices {
      guard let index = paths[path].index else {
        parts.append("path \(path) is not attached")
        continue
      }
      parts.append("path \(path) is \(engine.machine.pathState(index).rawValue)")
    }
    return "left: " + parts.joined(separator: ", ")
  }

  // MARK: Records

  mutating func mix(_ words: UInt64...) {
    for word in words { digest = (digest ^ word) &* 0x0000_0100_0000_01b3 }
    digest = (digest ^ now.nanoseconds) &* 0x0000_0100_0000_01b3
    digest ^= digest &>> 29
  }

  mutating func note(_ text: () -> String) {
    guard log != nil else { return }
    let microseconds = now.nanoseconds / 1_000
    log?.append("\(microseconds) us  \(text())")
  }

  mutating func violate(_ rule: Violation.Rule, _ detail: String) {
    guard violation == nil else { return }
    violation = Violation(rule: rule, detail: detail, at: now)
    note { "VIOLATION \(rule.rawValue): \(detail)" }
  }
}

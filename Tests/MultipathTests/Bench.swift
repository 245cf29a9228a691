import BlockIO
import Multipath

/// A machine on the bench: it carries out what the machine asks for by noting it down, and refuses
/// to answer what was never asked.
final class Bench {
  struct Attempt: Equatable {
    let token: Token
    let slot: UInt32
    let path: Int
    let needsOwnBuffer: Bool
  }

  struct Probe: Equatable {
    let token: Token
    let path: Int
    let range: ByteRange
  }

  var machine: MultipathMachine
  var now = Instant.zero
  var effects = MultipathMachine.Effects(capacity: 16)
  /// Attempts and probes that wait for an answer, oldest first.
  var attempts: [Attempt] = []
  var probes: [Probe] = []
  var identityChecks: [(path: Int, generation: UInt32)] = []
  var fences: [(path: Int, generation: UInt32)] = []
  var finished: [UInt32: IOOutcome] = [:]
  /// The attempt whose data a finished read has, by slot.
  var winners: [UInt32: Token] = [:]
  var drained: [Int] = []
  var events: [MultipathEvent] = []
  private var slots: UInt32 = 0

  init(
    _ mode: Mode, paths: Int, cacheDomain: CacheDomain = .shared, requestsMax: Int = 64,
    attemptsPerPathMax: Int = 16, noPathTimeout: Interval = .seconds(60),
    probe: ProbeSchedule = ProbeSchedule(), stall: StallPolicy = StallPolicy(),
    hedge: HedgePolicy = HedgePolicy(), failback: Failback = .manual,
    fence: FencePolicy = .none
  ) {
    guard let geometry = Geometry(sizeBytes: 1 << 20, blockBytes: 512) else {
      preconditionFailure("an impossible geometry")
    }
    machine = MultipathMachine(
      MultipathConfiguration(
        mode: mode, geometry: geometry, cacheDomain: cacheDomain, requestsMax: requestsMax,
        attemptsPerPathMax: attemptsPerPathMax, noPathTimeout: noPathTimeout, probe: probe,
        stall: stall, hedge: hedge, failback: failback, fence: fence))
    for _ in 0..<paths { add() }
  }

  // MARK: Inputs

  @discardableResult
  func add() -> Int? {
    let path = machine.addPath(at: now, effects: &effects)
    drain()
    return path.map { Int($0.rawValue) }
  }

  func hold(_ path: Int, yields: Bool = false) {
    machine.holdPath(index(path), yields: yields, at: now, effects: &effects)
    drain()
  }

  func restore(_ path: Int) {
    machine.restorePath(index(path), at: now, effects: &effects)
    drain()
  }

  func remove(_ path: Int) {
    machine.removePath(index(path), at: now, effects: &effects)
    drain()
  }

  /// The path's connection ends; what it carries stays outstanding.
  func lose(_ path: Int, _ errno: Int32 = Errno.econnreset) {
    let cause = FaultCause(errno: errno, operation: .read, offset: 0)
    machine.pathLost(index(path), cause, at: now, effects: &effects)
    drain()
  }

  func reopen(_ path: Int) {
    machine.pathReopened(index(path), at: now)
    drain()
  }

  /// Submits a request and answers with its slot.
  @discardableResult
  func submit(
    _ operation: BlockIO.Operation, at offset: UInt64 = 0, length: UInt64 = 4096
  ) -> UInt32 {
    let slot = slots % UInt32(machine.configuration.requestsMax)
    slots += 1
    finished[slot] = nil
    guard let range = ByteRange(offset: offset, length: operation == .flush ? 0 : length)
    else {
      preconditionFailure("an impossible range")
    }
    machine.submit(
      slot: slot, operation: operation, flags: [], range: range, at: now, effects: &effects)
    drain()
    return slot
  }

  /// Answers the oldest attempt of `slot`, or of `slot` on `path`.
  func answer(_ slot: UInt32, on path: Int? = nil, _ errno: Int32 = 0) {
    let place = attempts.firstIndex { $0.slot == slot && (path == nil || $0.path == path) }
    guard let place else { preconditionFailure("slot \(slot) has no such attempt") }
    let attempt = attempts.remove(at: place)
    machine.attemptFinished(attempt.token, outcome: outcome(errno), at: now, effects: &effects)
    drain()
  }

  /// Answers attempts until none is left, each as its path does.
  func play(_ behaviour: [Int: Int32]) {
    var rounds = 0
    while let attempt = attempts.first {
      rounds += 1
      precondition(rounds < 1_000, "the machine never stops trying")
      answer(attempt.slot, on: attempt.path, behaviour[attempt.path] ?? 0)
    }
  }

  func answerProbe(_ path: Int, _ errno: Int32 = 0) {
    guard let place = probes.firstIndex(where: { $0.path == path }) else {
      preconditionFailure("path \(path) was not probed")
    }
    let probe = probes.remove(at: place)
    machine.probeFinished(probe.token, outcome: outcome(errno), at: now, effects: &effects)
    drain()
  }

  func answerIdentity(_ verdict: IdentityVerdict) {
    let check = identityChecks.removeFirst()
    machine.identityChecked(
      index(check.path), generation: check.generation, verdict: verdict, at: now,
      effects: &effects)
    drain()
  }

  /// Ends the oldest fence that is being tried.
  func endFence(_ succeeded: Bool) {
    let fence = fences.removeFirst()
    machine.fenceFinished(
      index(fence.path), generation: fence.generation, succeeded: succeeded, at: now,
      effects: &effects)
    drain()
  }

  func setFence(_ policy: FencePolicy) {
    machine.setFence(policy, at: now, effects: &effects)
    drain()
  }

  /// The medium has so many bytes now; it began with 1 MiB.
  func resize(_ sizeBytes: UInt64) {
    guard let geometry = Geometry(sizeBytes: sizeBytes, blockBytes: 512) else {
      preconditionFailure("an impossible geometry")
    }
    machine.setGeometry(geometry, at: now, effects: &effects)
    drain()
  }

  func setFailback(_ failback: Failback) {
    machine.setFailback(failback, at: now, effects: &effects)
    drain()
  }

  /// Lets time pass to the next deadline; answers with the wait in milliseconds, or nil.
  @discardableResult
  func passToDeadline() -> UInt64? {
    guard let deadline = machine.nextDeadline else { return nil }
    let wait = deadline - now
    now = max(now, deadline)
    machine.tick(at: now, effects: &effects)
    drain()
    return wait.milliseconds
  }

  /// Lets time pass as a reactor does that wakes at each deadline.
  func elapse(_ interval: Interval) {
    let end = now + interval
    var rounds = 0
    while let deadline = machine.nextDeadline, !(end < deadline) {
      rounds += 1
      precondition(rounds < 100_000, "the machine spins")
      now = max(now, deadline)
      machine.tick(at: now, effects: &effects)
      drain()
    }
    now = end
  }

  /// Lets time pass until `path` is probed; idle siblings are probed meanwhile, and answer well.
  func passToProbe(_ path: Int) {
    for _ in 0..<100 where !probes.contains(where: { $0.path == path }) {
      passToDeadline()
      for probe in probes where probe.path != path { answerProbe(probe.path) }
    }
  }

  func pass(_ interval: Interval) {
    now = now + interval
    machine.tick(at: now, effects: &effects)
    drain()
  }

  // MARK: What is seen

  /// The states of the first `count` paths in the order in which they were added, and the device's.
  var states: [String] {
    var result = [machine.deviceState.rawValue]
    for path in 0..<machine.table.reachedCount {
      let index = index(path)
      guard machine.table[index].tenancy != .vacant else { continue }
      result.append(machine.pathState(index).rawValue)
    }
    return result
  }

  var activeOwesFlush: Bool { machine.activeOwesFlush }
  var active: Int? { machine.active.map { Int($0.rawValue) } }

  func state(_ path: Int) -> PathState { machine.pathState(index(path)) }

  var restores: [Int] {
    events.compactMap { event in
      if case .pathRestored(let path, _) = event { return Int(path.rawValue) }
      return nil
    }
  }

  /// Where one request after the other goes when each is answered before the next comes.
  func route(_ operation: BlockIO.Operation, count: Int) -> [Int] {
    (0..<count).map { _ in
      let slot = submit(operation)
      let path = attempts.last?.path ?? -1
      answer(slot)
      return path
    }
  }

  /// Where attempts of a slot are, in the order of their issue.
  func paths(of slot: UInt32) -> [Int] { attempts.filter { $0.slot == slot }.map(\.path) }

  func index(_ path: Int) -> PathIndex { PathIndex(UInt8(path)) }

  private func outcome(_ errno: Int32) -> IOOutcome {
    errno == 0 ? .success : .failure(errno: errno)
  }

  private func drain() {
    while let effect = effects.next() {
      switch effect {
      case .issue(let token, let slot, let path, let needsOwnBuffer):
        attempts.append(
          Attempt(
            token: token, slot: slot, path: Int(path.rawValue), needsOwnBuffer: needsOwnBuffer))
      case .finish(let slot, let outcome, let winner):
        winners[slot] = winner
        precondition(finished[slot] == nil, "a request was finished twice")
        finished[slot] = outcome
      case .probe(let token, let path, let range):
        probes.append(Probe(token: token, path: Int(path.rawValue), range: range))
      case .checkIdentity(let path, let generation):
        identityChecks.append((path: Int(path.rawValue), generation: generation))
      case .fence(let path, let generation):
        fences.append((path: Int(path.rawValue), generation: generation))
      case .drained(let path): drained.append(Int(path.rawValue))
      case .event(let event): events.append(event)
      }
    }
  }
}

let eio = IOOutcome.failure(errno: Errno.eio)

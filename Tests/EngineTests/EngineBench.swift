import BlockIO
import Engine
import Multipath

/// An engine on the bench, with an arena and a few sessions.
final class EngineBench {
  var engine: Engine
  var arena = BufferArena(totalBytes: BufferArena.largestBytes)
  var effects = Engine.Effects(capacity: 16)
  var accounts: [SessionAccount]
  var now = Instant.zero
  var io: [IORequest] = []
  var replies: [UInt32] = []
  private var cookies: UInt64 = 0

  init(
    paths: Int = 2, sessions: Int = 2, requestsMax: Int = 8, noPathTimeout: Interval = .seconds(60),
    probe: ProbeSchedule = ProbeSchedule(first: .milliseconds(10), goodNeeded: 1),
    keepsSessionsApart: Bool = false
  ) {
    guard let geometry = Geometry(sizeBytes: 64 << 20, blockBytes: 4096) else {
      preconditionFailure("an impossible geometry")
    }
    engine = Engine(
      MultipathConfiguration(
        mode: .activePassive, geometry: geometry, requestsMax: requestsMax,
        noPathTimeout: noPathTimeout, probe: probe), keepsSessionsApart: keepsSessionsApart)
    accounts = Array(repeating: SessionAccount(), count: sessions)
    for _ in 0..<paths {
      decide { machine, effects in _ = machine.addPath(at: .zero, effects: &effects) }
    }
  }

  func decide(_ change: (inout MultipathMachine, inout MultipathMachine.Effects) -> Void) {
    engine.decide(at: now, arena: &arena, effects: &effects, change)
    drain()
  }

  func hold(_ path: UInt8) {
    let now = now
    decide { machine, effects in machine.holdPath(PathIndex(path), at: now, effects: &effects) }
  }

  func restore(_ path: UInt8) {
    let now = now
    decide { machine, effects in machine.restorePath(PathIndex(path), at: now, effects: &effects) }
  }

  /// The medium has so many bytes now; it began with 64 MiB.
  func resize(_ sizeBytes: UInt64) {
    guard let geometry = Geometry(sizeBytes: sizeBytes, blockBytes: 4096) else {
      preconditionFailure("an impossible geometry")
    }
    engine.decide(.setGeometry(geometry), at: now, arena: &arena, effects: &effects)
    drain()
  }

  func reserve(
    _ operation: BlockIO.Operation, flags: OperationFlags = [], session: Int = 0,
    offset: UInt64 = 0, bytes: UInt64 = 4096
  ) -> UInt32? {
    cookies += 1
    guard let range = ByteRange(offset: offset, length: operation == .flush ? 0 : bytes) else {
      return nil
    }
    return engine.reserve(
      operation, flags: flags, range: range, session: UInt32(session), cookie: cookies,
      account: &accounts[session], arena: &arena)
  }

  func begin(_ slot: UInt32) {
    engine.begin(slot, at: now, arena: &arena, effects: &effects)
    drain()
  }

  func complete(_ errno: Int32 = 0) {
    complete(io.removeFirst(), errno)
  }

  func complete(_ request: IORequest, _ errno: Int32 = 0) {
    engine.completed(
      IOCompletion(token: request.token, outcome: errno == 0 ? .success : .failure(errno: errno)),
      at: now, arena: &arena, effects: &effects)
    drain()
  }

  func sent(_ slot: UInt32) {
    let session = Int(engine.reply(for: slot).session)
    replies.removeAll { $0 == slot }
    engine.replySent(slot, account: &accounts[session], arena: &arena)
  }

  func abandon(_ session: Int) {
    engine.abandon(session: UInt32(session), arena: &arena, effects: &effects)
    drain()
  }

  /// What the caller of `abandon` does next.
  func release() {
    engine.releaseHeld(at: now, arena: &arena, effects: &effects)
    drain()
  }

  func passToDeadline() {
    guard let deadline = engine.nextDeadline else { return }
    now = max(now, deadline)
    engine.tick(at: now, arena: &arena, effects: &effects)
    drain()
  }

  /// True when the engine holds neither a place nor a byte.
  var isEmpty: Bool {
    engine.close(arena: &arena)
    return engine.freeSlots == engine.slotCount && arena.freeBytes == arena.totalBytes
  }

  private func drain() {
    while let effect = effects.next() {
      switch effect {
      case .io(let request): io.append(request)
      case .reply(let slot): replies.append(slot)
      case .checkIdentity, .drained, .event, .fence: break
      }
    }
  }
}

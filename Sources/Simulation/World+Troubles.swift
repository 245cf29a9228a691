internal import BlockIO
internal import Engine
internal import Multipath

/// Faults and the operator: what happens to paths at bad moments, and what makes them well again.
extension World {
  private static let faults: TroubleSet = [
    .errors, .lost, .slow, .hang, .badRange, .powerLoss, .targetHang, .loneHang, .connectionEnds,
  ]
  private static let acts: TroubleSet = [
    .holds, .membership, .failQueued, .wrongMedium, .tuning,
  ]

  /// Strikes one path with one of the enabled faults.
  mutating func strike() {
    guard isFaulty else { return }
    events.schedule(.fault, at: now + pause(around: scenario.faultEvery))
    guard let fault = draw(from: Self.faults) else { return }
    let path = random.below(paths.count)
    let isHang = fault == .hang || fault == .targetHang || fault == .loneHang
    let lengths = isHang ? [2, 20, 60, 200, 1_000] : [2, 20, 100, 300]
    let end = now + .milliseconds(UInt64(random.pick(lengths)))
    mix(10, UInt64(fault.rawValue), UInt64(path))
    note { "path \(path) is struck by \(Self.word(for: fault)) until \(end.nanoseconds / 1_000)" }
    switch fault {
    case .errors: paths[path].errorsUntil = end
    case .lost: paths[path].lostUntil = end
    case .slow:
      paths[path].slowUntil = end
      disturb(path, until: end)
    case .hang: hang(path, until: end)
    case .targetHang:
      // Rarer than the rest, or hardly anything would ever happen.
      if random.chance(percent: 30) { for other in paths.indices { hang(other, until: end) } }
    case .loneHang: hangActive(until: end)
    case .badRange: strikeMedium()
    case .connectionEnds: endConnection(of: path, mayLand: true)
    // A power loss is rarer than the rest, or nothing would ever live long enough to be lost.
    default: if random.chance(percent: 30) { losePower(of: path) }
    }
  }

  private mutating func hang(_ path: Int, until end: Instant) {
    paths[path].hangsUntil = max(paths[path].hangsUntil, end)
    disturb(path, until: paths[path].hangsUntil)
    // Some of what is under way fails in the end, having been done in full, in part, or not at all.
    for io in ios.indices where ios[io].isInUse && ios[io].path == path && !ios[io].hasLanded {
      guard ios[io].outcome == .success, ios[io].landingSectors > 0, random.chance(percent: 15)
      else { continue }
      ios[io].outcome = .failure(errno: random.pick([Errno.eio, Errno.etimedout, Errno.enodev]))
      ios[io].landingSectors = random.within(0...ios[io].landingSectors)
    }
  }

  private mutating func disturb(_ path: Int, until end: Instant) {
    let longest = Interval.microseconds(UInt64(scenario.serviceMicroseconds * 20 + 10))
    paths[path].disturbedUntil = max(paths[path].disturbedUntil, end + longest)
  }

  /// All others are seen to fail for a moment, and then the path that is left answers nothing.
  private mutating func hangActive(until end: Instant) {
    guard let active = engine.machine.active else { return }
    let path = pathAt[Int(active.rawValue)]
    guard path >= 0 else { return }
    for other in paths.indices where other != path {
      guard let index = paths[other].index, engine.machine.table.usable.contains(index) else {
        continue
      }
      paths[other].errorsUntil = max(paths[other].errorsUntil, now + .milliseconds(2))
    }
    hang(path, until: end)
  }

  private mutating func strikeMedium() {
    guard random.chance(percent: 50) else {
      badSectors = 0..<0
      return
    }
    let first = random.below(scenario.sectorCount)
    badSectors = first..<min(scenario.sectorCount, first + random.within(1...8))
  }

  private mutating func draw(from kinds: TroubleSet) -> TroubleSet? {
    let enabled = TroubleSet.words.map(\.0).filter {
      kinds.contains($0) && scenario.troubles.contains($0)
    }
    return enabled.isEmpty ? nil : random.pick(enabled)
  }

  private static func word(for trouble: TroubleSet) -> String {
    TroubleSet.words.first { $0.0 == trouble }?.1 ?? "?"
  }

  // MARK: The operator

  mutating func operate() {
    guard isFaulty else { return }
    events.schedule(.operatorTurn, at: now + pause(around: scenario.operatorEvery))
    guard let act = draw(from: Self.acts) else { return }
    let path = random.below(paths.count)
    mix(11, UInt64(act.rawValue), UInt64(path))
    switch act {
    case .holds: if random.chance(percent: 40) { hold(path) } else { restore(path) }
    case .membership:
      if paths[path].index == nil { attach(path) } else { remove(path) }
    case .failQueued: failQueued()
    case .tuning: tune()
    default:
      // Somebody plugs the cable into the right socket again.
      paths[path].showsWrongMedium = false
      restore(path)
    }
  }

  mutating func attach(_ path: Int) {
    // The daemon compares a path before it adds it.
    guard paths[path].index == nil, !paths[path].showsWrongMedium else { return }
    paths[path].isHeld = false
    var cause: FaultCause?
    if paths[path].lostUntil > now {
      cause = FaultCause(errno: Errno.enodev, operation: .read, offset: 0)
    }
    guard case .place(let index?) = decide(.addPath(lost: cause)) else {
      violate(.countersMatch, "the path table is full")
      return
    }
    note { "path \(path) is added at place \(index.rawValue)" }
    paths[path].index = index
    pathAt[Int(index.rawValue)] = path
    setPriority(scenario.tuning.priorities[path], of: index)
    setWeight(scenario.tuning.weights[path], of: index)
  }

  private mutating func remove(_ path: Int) {
    guard let index = paths[path].index, !paths[path].isLeaving else { return }
    note { "path \(path) is removed" }
    paths[path].isLeaving = true
    decide(.removePath(index))
  }

  private mutating func hold(_ path: Int) {
    guard let index = paths[path].index, !paths[path].isLeaving else { return }
    note { "path \(path) is held" }
    paths[path].isHeld = true
    decide(.holdPath(index, yields: false))
  }

  /// The daemon compares a path before it restores it, and refuses one that cannot be read.
  private mutating func restore(_ path: Int) {
    guard let index = paths[path].index, !paths[path].isLeaving else { return }
    let isUnreadable = paths[path].isDead || paths[path].lostUntil > now
    if isUnreadable && !paths[path].isHeld { return }
    let isWrong = paths[path].showsWrongMedium
    note { "path \(path) is restored\(isWrong ? ", and found wrong" : "")" }
    if !isWrong { paths[path].isHeld = false }
    decide(isWrong ? .markForeign(index) : .restorePath(index))
  }

  private mutating func failQueued() {
    note { "the queue is failed" }
    let queued = engine.machine.queuedCount + engine.machine.heldCount
    let answer = decide(.failQueued)
    if answer != .count(queued) {
      violate(.countersMatch, "\(queued) were queued, \(answer) failed")
    }
    isFailingQueued = true
    settle()
    isFailingQueued = false
  }

  // MARK: The end of all trouble

  mutating func heal() {
    note { "the faults stop" }
    phase = .healing(until: now + scenario.livenessBound)
    badSectors = 0..<0
    for path in paths.indices {
      paths[path].errorsUntil = .zero
      paths[path].lostUntil = .zero
      paths[path].slowUntil = .zero
    }
    events.schedule(.healTurn, at: now)
  }

  /// The operator undoes what he did and what only he can undo; the rest has to heal by itself.
  mutating func healPaths() {
    guard case .healing = phase else { return }
    events.schedule(.healTurn, at: now + .milliseconds(5))
    for path in paths.indices {
      paths[path].showsWrongMedium = false
      guard let index = paths[path].index else {
        attach(path)
        continue
      }
      let isForeign = engine.machine.table[index].service == .foreign
      if paths[path].isHeld || isForeign { restore(path) }
      if isForeign && paths[path].isDead { paths[path].isDead = false }
    }
  }
}

internal import BasicContainers
public import BlockIO

/// Probes: real reads of changing blocks. On a path out of service the wait doubles after each bad one,
/// and enough good ones in a row ask for the identity check that brings the path back. A path in
/// service that nobody uses is probed too, so that its silence is found before it is needed.
extension MultipathMachine {
  /// Starts looking for a failed path's return. One that fails soon after its last return stays out longer
  /// each time.
  mutating func beginProbing(_ path: PathIndex, at now: Instant) {
    let schedule = configuration.probe
    noteFlap(path, at: now)
    table[path].probe.goodInRow = 0
    table[path].probe.badInRow = 0
    table[path].probe.goodNeeded = Int32(schedule.goodNeeded)
    table[path].probe.awaitsIdentity = false
    table[path].probe.wait = schedule.first
    let first = max(schedule.first, table[path].probe.holdDown)
    table[path].probe.dueAt = table[path].probe.isInFlight ? nil : now + first
  }

  /// A path that fails again soon after its return may do so once; from then on it stays out for a while,
  /// twice as long each time, and half as long for each window in which it stayed good.
  private mutating func noteFlap(_ path: PathIndex, at now: Instant) {
    let schedule = configuration.probe
    guard let returned = table[path].probe.returnedAt else { return }
    table[path].probe.returnedAt = nil
    let stayed = (now - returned).nanoseconds / max(1, schedule.flapWindow.nanoseconds)
    let flaps = table[path].probe.flaps
    table[path].probe.flaps = stayed == 0 ? flaps + 1 : flaps - min(flaps, UInt32(clamping: stayed))
    let doublings = UInt64(min(30, table[path].probe.flaps))
    guard doublings >= 2 else {
      table[path].probe.holdDown = .zero
      return
    }
    let wait = schedule.flapFirst.nanoseconds.multipliedReportingOverflow(
      by: 1 << (doublings - 2))
    table[path].probe.holdDown =
      wait.overflow
      ? schedule.flapLongest
      : min(schedule.flapLongest, Interval(nanoseconds: wait.partialValue))
  }

  mutating func endProbing(_ path: PathIndex) {
    table[path].probe.dueAt = nil
    table[path].probe.goodInRow = 0
    table[path].probe.badInRow = 0
    table[path].probe.awaitsIdentity = false
    table[path].probe.generation = (table[path].probe.generation &+ 1) & 0xff_ffff
  }

  mutating func startDueProbes(at now: Instant, effects: inout Effects) {
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      guard let due = table[path].probe.dueAt, !(now < due) else { continue }
      table[path].probe.dueAt = nil
      guard !table[path].probe.isInFlight else { continue }
      if needsProbing(path) || isDueWhileIdle(path, at: now) {
        startProbe(path, at: now, effects: &effects)
      }
    }
  }

  /// A path in service is probed when it has been silent for an interval, short while the device is in use
  /// and long otherwise, and when there is another path to turn to. Else its turn is put off.
  private mutating func isDueWhileIdle(_ path: PathIndex, at now: Instant) -> Bool {
    guard table[path].isUsable else { return false }
    let schedule = configuration.probe
    let isUsed = now - lastSubmitAt < schedule.idle
    let interval = isUsed ? schedule.idle : schedule.unused
    let isSilent = now - table[path].answeredAt >= interval
    if isSilent, table[path].live == 0, table.attached.count > 1 { return true }
    table[path].probe.dueAt = idleTurn(
      after: isSilent ? now + interval : table[path].answeredAt + interval)
    return false
  }

  /// A finer grid would wake the thread as often as none.
  private static var idleGridLeast: Interval { .milliseconds(200) }

  /// When a path in service has its turn: on a grid that all devices share, so that the paths of a thousand idle
  /// ones do not wake their thread one by one.
  func idleTurn(after instant: Instant) -> Instant {
    let step = configuration.probe.idle.nanoseconds / 5
    guard step >= Self.idleGridLeast.nanoseconds else { return instant }
    return Instant(nanoseconds: (instant.nanoseconds + step - 1) / step * step)
  }

  mutating func startProbe(_ path: PathIndex, at now: Instant, effects: inout Effects) {
    if table[path].live == 0 { table[path].busySince = now }
    table[path].probe.dueAt = nil
    table[path].probe.isInFlight = true
    table[path].probe.startedAt = now
    let generation = table[path].probe.generation
    effects.append(
      .probe(
        token: Token(kind: TokenKind.probe, generation: generation, slot: UInt32(path.rawValue)),
        path: path, range: nextProbeRange(path)))
  }

  /// One block, a different one each time: a stride of about 0.618 of the medium visits it evenly.
  private mutating func nextProbeRange(_ path: PathIndex) -> ByteRange {
    let block = UInt64(configuration.geometry.blockBytes)
    let blocks = max(1, configuration.geometry.sizeBytes / block)
    table[path].probe.round &+= 1
    let mixed = table[path].probe.round &* 0x9e37_79b9_7f4a_7c15
    let place = mixed.multipliedFullWidth(by: blocks).high
    table[path].probe.offset = place * block
    guard configuration.geometry.sizeBytes >= block else { return .empty }
    return ByteRange(uncheckedOffset: place * block, length: block)
  }

  /// What became of a probe.
  public mutating func probeFinished(
    _ token: Token, outcome: IOOutcome, at now: Instant, effects: inout Effects
  ) {
    precondition(token.kind == TokenKind.probe)
    let path = PathIndex(UInt8(token.slot))
    table[path].probe.isInFlight = false
    noteSignOfLife(path, at: now)
    if token.generation != table[path].probe.generation {
      // The path was restored, or left and replaced, meanwhile.
      rearmProbe(path, at: now)
    } else if needsProbing(path) {
      if outcome == .success {
        probeSucceeded(path, at: now, effects: &effects)
      } else {
        probeFailed(path, outcome, at: now, effects: &effects)
      }
    } else if table[path].isUsable {
      idleProbeFinished(path, outcome, at: now, effects: &effects)
    }
    finishLeaving(path, at: now, effects: &effects)
    if !suspects.isEmpty { judgeSuspects(at: now, effects: &effects) }
  }

  private mutating func rearmProbe(_ path: PathIndex, at now: Instant) {
    if needsProbing(path) {
      table[path].probe.dueAt = now + configuration.probe.first
    } else if table[path].isUsable {
      table[path].probe.dueAt = idleTurn(after: now + configuration.probe.idle)
    }
  }

  /// A bad block of the medium is nobody's fault: a path in service fails when two blocks in a row
  /// cannot be read, or when it is gone.
  private mutating func idleProbeFinished(
    _ path: PathIndex, _ outcome: IOOutcome, at now: Instant, effects: inout Effects
  ) {
    switch outcome.verdict {
    case .none, .target:
      table[path].probe.badInRow = 0
      table[path].probe.dueAt = idleTurn(after: now + configuration.probe.idle)
    case .doubtful where table[path].probe.badInRow == 0:
      table[path].probe.badInRow = 1
      startProbe(path, at: now, effects: &effects)
    case .doubtful, .lost:
      let cause = FaultCause(
        errno: outcome.errno, operation: .read, offset: table[path].probe.offset)
      let since = table[path].probe.startedAt
      fault(path, cause, since: since, at: now, effects: &effects)
    }
  }

  func needsProbing(_ path: PathIndex) -> Bool {
    guard table[path].tenancy == .attached else { return false }
    switch table[path].service {
    case .failed, .lost: return true
    case .good, .foreign: return false
    }
  }

  private mutating func probeSucceeded(
    _ path: PathIndex, at now: Instant, effects: inout Effects
  ) {
    table[path].probe.goodInRow += 1
    table[path].probe.wait = configuration.probe.first
    if isNeededNow(path) {
      enterService(path, .lastGoodPathFailed, at: now, effects: &effects)
      useReturnedPath(at: now, effects: &effects)
      return
    }
    guard table[path].probe.goodInRow >= table[path].probe.goodNeeded,
      table[path].unresolved == 0, mayReturn(path)
    else {
      table[path].probe.dueAt = now + configuration.probe.first
      return
    }
    if sabotage.skipsIdentity {
      enterService(path, .probes, at: now, effects: &effects)
      useReturnedPath(at: now, effects: &effects)
      return
    }
    table[path].probe.awaitsIdentity = true
    effects.append(.checkIdentity(path: path, generation: table[path].probe.generation))
  }

  /// Every path in service is suspected of hanging, and this one, out of service for an error or an earlier
  /// stall, has just answered: auto-restore, for the same reason as when the last good path fails.
  private func isNeededNow(_ path: PathIndex) -> Bool {
    !suspects.isEmpty && table.usable.subtracting(suspects).isEmpty && table[path].isRestorable
  }

  private mutating func probeFailed(
    _ path: PathIndex, _ outcome: IOOutcome, at now: Instant, effects: inout Effects
  ) {
    let cause = FaultCause(
      errno: outcome.errno, operation: .read, offset: table[path].probe.offset)
    if outcome.verdict == .lost, case .failed = table[path].service {
      let since = table[path].probe.startedAt
      fault(path, cause, since: since, at: now, effects: &effects)
    } else if outcome.verdict == .lost {
      forgetReopening(path, cause, at: now, effects: &effects)
    }
    table[path].probe.goodInRow = 0
    table[path].probe.goodNeeded = Int32(configuration.probe.goodNeeded)
    let wait = table[path].probe.wait
    table[path].probe.dueAt = now + wait
    table[path].probe.wait = min(
      Interval(nanoseconds: wait.nanoseconds * 2), configuration.probe.longest)
  }

  /// The answer to `checkIdentity`: the path returns, or is found to show another medium, or could not
  /// be compared and is probed on.
  public mutating func identityChecked(
    _ path: PathIndex, generation: UInt32, verdict: IdentityVerdict, at now: Instant,
    effects: inout Effects
  ) {
    guard table[path].probe.awaitsIdentity, table[path].probe.generation == generation else {
      return
    }
    table[path].probe.awaitsIdentity = false
    switch verdict {
    case .same where table[path].unresolved == 0 && mayReturn(path):
      enterService(path, .probes, at: now, effects: &effects)
      useReturnedPath(at: now, effects: &effects)
    case .different: markForeign(path, at: now, effects: &effects)
    case .same, .unknown:
      table[path].probe.goodInRow = 0
      table[path].probe.dueAt = now + table[path].probe.wait
    }
  }

  /// Tells the machine that a path has been opened anew after it was lost: it is probed at once, and
  /// nothing that was learnt through the old descriptor counts any more.
  public mutating func pathReopened(_ path: PathIndex, at now: Instant) {
    guard needsProbing(path) else { return }
    table[path].probe.generation = (table[path].probe.generation &+ 1) & 0xff_ffff
    table[path].probe.goodInRow = 0
    table[path].probe.awaitsIdentity = false
    if case .lost = table[path].service { table[path].probe.wasReopened = true }
    if !table[path].probe.isInFlight { table[path].probe.dueAt = now }
  }
}

/// What a comparison of one path with its siblings has shown.
public enum IdentityVerdict: UInt8, Sendable, BitwiseCopyable, Codable {
  case same
  case different
  /// It could not be read far enough to tell.
  case unknown
}

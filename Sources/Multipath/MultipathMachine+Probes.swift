internal import BasicContainers
public import BlockIO

/// Probes: real reads of changing blocks on paths that are out of service. The wait doubles after each
/// bad one, enough good ones in a row ask for the identity check, and that brings the path back.
extension MultipathMachine {
  mutating func beginProbing(_ path: PathIndex, at now: Instant) {
    let wait = configuration.probe.first
    table[path].probe.goodInRow = 0
    table[path].probe.goodNeeded = Int32(configuration.probe.goodNeeded)
    table[path].probe.awaitsIdentity = false
    table[path].probe.wait = wait
    if !table[path].probe.isInFlight { table[path].probe.dueAt = now + wait }
  }

  mutating func endProbing(_ path: PathIndex) {
    table[path].probe.dueAt = nil
    table[path].probe.goodInRow = 0
    table[path].probe.awaitsIdentity = false
    table[path].probe.generation = (table[path].probe.generation &+ 1) & 0xff_ffff
  }

  mutating func startDueProbes(at now: Instant, effects: inout Effects) {
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      guard let due = table[path].probe.dueAt, !(now < due) else { continue }
      table[path].probe.dueAt = nil
      guard !table[path].probe.isInFlight else { continue }
      table[path].probe.isInFlight = true
      let generation = table[path].probe.generation
      effects.append(
        .probe(
          token: Token(
            kind: TokenKind.probe, generation: generation, slot: UInt32(path.rawValue)),
          path: path, range: nextProbeRange(path)))
    }
  }

  /// One block, a different one each time: a stride of about 0.618 of the medium visits it evenly.
  private mutating func nextProbeRange(_ path: PathIndex) -> ByteRange {
    let block = UInt64(configuration.geometry.blockBytes)
    let blocks = max(1, configuration.geometry.sizeBytes / block)
    table[path].probe.round &+= 1
    let mixed = table[path].probe.round &* 0x9e37_79b9_7f4a_7c15
    let place = mixed.multipliedFullWidth(by: blocks).high
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
    guard token.generation == table[path].probe.generation else {
      // The path was restored, or left and replaced, meanwhile.
      if needsProbing(path) { table[path].probe.dueAt = now + configuration.probe.first }
      finishLeaving(path, at: now, effects: &effects)
      return
    }
    guard needsProbing(path) else { return finishLeaving(path, at: now, effects: &effects) }
    if outcome == .success {
      probeSucceeded(path, at: now, effects: &effects)
    } else {
      probeFailed(path, outcome, at: now, effects: &effects)
    }
  }

  private func needsProbing(_ path: PathIndex) -> Bool {
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
    guard table[path].probe.goodInRow >= table[path].probe.goodNeeded else {
      table[path].probe.dueAt = now + configuration.probe.first
      return
    }
    table[path].probe.awaitsIdentity = true
    effects.append(.checkIdentity(path: path, generation: table[path].probe.generation))
  }

  private mutating func probeFailed(
    _ path: PathIndex, _ outcome: IOOutcome, at now: Instant, effects: inout Effects
  ) {
    let cause = FaultCause(errno: outcome.errno, operation: .read, offset: 0)
    if outcome.verdict == .lost, case .failed = table[path].service {
      fault(path, cause, at: now, effects: &effects)
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
    guard table[path].probe.awaitsIdentity, table[path].probe.generation == generation else { return }
    table[path].probe.awaitsIdentity = false
    switch verdict {
    case .same:
      enterService(path, .probes, at: now, effects: &effects)
      useReturnedPath(at: now, effects: &effects)
    case .different: markForeign(path, at: now, effects: &effects)
    case .unknown:
      table[path].probe.goodInRow = 0
      table[path].probe.dueAt = now + table[path].probe.wait
    }
  }

  /// Tells the machine that a path has been opened anew after it was lost: it is probed at once.
  public mutating func pathReopened(_ path: PathIndex, at now: Instant) {
    guard needsProbing(path), !table[path].probe.isInFlight else { return }
    table[path].probe.dueAt = now
  }
}

/// What a comparison of one path with its siblings has shown.
public enum IdentityVerdict: UInt8, Sendable, BitwiseCopyable {
  case same
  case different
  /// It could not be read far enough to tell.
  case unknown
}

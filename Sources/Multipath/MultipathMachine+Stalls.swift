internal import BasicContainers
public import BlockIO

/// Paths that do not answer. Quiet for too long makes a path suspect; a sibling's answer makes it
/// stalled; then its attempts are given up, where that can be done without losing an acknowledged write.
extension MultipathMachine {
  /// Since when the path owes an answer, or nil when it owes none.
  private func quietSince(_ path: PathIndex) -> Instant? {
    guard table[path].live > 0 || table[path].probe.isInFlight else { return nil }
    return max(table[path].answeredAt, table[path].busySince)
  }

  /// When the path's silence is to be looked into. Suspects are looked at when somebody else answers.
  func quietDeadline(_ path: PathIndex) -> Instant? {
    guard hasSiblings(path), hasSomethingToGiveUp(path), let since = quietSince(path)
    else { return nil }
    if let accused = table[path].accusedAt { return accused + configuration.stall.grace }
    return suspects.contains(path) ? nil : since + patience(path)
  }

  /// Everything that comes with one instant is one turn.
  mutating func noteTurn(_ now: Instant) {
    guard now != ranAt else { return }
    ranBefore = ranAt
    ranAt = now
  }

  /// Coming this much later than asked, we were not running ourselves (a starved machine, a stopped
  /// container), and a server beside us was perhaps not running either.
  private static var pauseThreshold: Interval { .milliseconds(25) }

  /// Nothing since our last turn counts as the path's silence: it has the rest of its patience from now on,
  /// and 10 ms at least, as answers may be waiting. One that was accused before has its grace anew.
  private mutating func forgive(_ path: PathIndex, at now: Instant) {
    if table[path].accusedAt != nil {
      table[path].accusedAt = now
      return
    }
    let silent = ranBefore - (quietSince(path) ?? ranBefore)
    let left = max(
      .milliseconds(10),
      Interval(
        nanoseconds: patience(path).nanoseconds
          - min(patience(path).nanoseconds, silent.nanoseconds)))
    table[path].busySince = now + left - patience(path)
  }

  private func hasSiblings(_ path: PathIndex) -> Bool {
    !table.attached.subtracting(PathSet(path)).isEmpty
  }

  /// A path out of service whose only debt is a probe has nothing that could go elsewhere.
  private func hasSomethingToGiveUp(_ path: PathIndex) -> Bool {
    table[path].live > 0 || table[path].isUsable
  }

  mutating func checkQuietPaths(at now: Instant, effects: inout Effects) {
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      guard let deadline = quietDeadline(path), !(now < deadline) else { continue }
      if now - deadline > Self.pauseThreshold {
        forgive(path, at: now)
        continue
      }
      guard table[path].accusedAt == nil else {
        table[path].accusedAt = nil
        suspects.remove(path)
        condemned.insert(path)
        continue
      }
      suspects.insert(path)
      callWitness(for: path, at: now, effects: &effects)
    }
    if !condemned.isEmpty { convict(at: now, effects: &effects) }
    if !suspects.isEmpty { judgeSuspects(at: now, effects: &effects) }
  }

  /// How long the path may be silent: `factor` times what its slowest answers usually take. The factor is
  /// shared among the attempts that wait: that one of eight is slow is likely, that all are is not.
  public func patience(_ path: PathIndex) -> Interval {
    let policy = configuration.stall
    let waiting = max(1, UInt32(bitPattern: table[path].live))
    let doublings = min(16, 31 - waiting.leadingZeroBitCount)
    let factor = max(1, policy.factor &>> UInt64(doublings))
    let scaled = Interval(nanoseconds: table[path].usual.nanoseconds &* factor)
    let patience = min(policy.ceiling, max(policy.floor, scaled))
    guard table[path].stallBackoff > 0 else { return patience }
    let stretched = patience.nanoseconds &<< UInt64(min(12, table[path].stallBackoff))
    return min(policy.ceiling, Interval(nanoseconds: stretched))
  }

  /// Makes sure that somebody can testify: the suspect itself, when all it owes may take long, and the
  /// idle siblings, when no busy one has answered.
  private mutating func callWitness(
    for path: PathIndex, at now: Instant, effects: inout Effects
  ) {
    if table[path].live == table[path].slowOutstanding, !table[path].probe.isInFlight {
      // A flush may take its time; a read of one block may not.
      suspects.remove(path)
      table[path].busySince = now
      startProbe(path, at: now, effects: &effects)
      return
    }
    guard !siblingAnswered(since: quietSince(path) ?? now, besides: path) else { return }
    // All idle ones, since the first may hang as well.
    probeIdleSiblings(of: path, at: now, effects: &effects, where: { $0.isUsable })
    guard table.usable.subtracting(suspects).isEmpty else { return }
    // Nobody in service can testify: whoever could be brought back is asked.
    probeIdleSiblings(of: path, at: now, effects: &effects, where: { $0.isRestorable })
  }

  private mutating func probeIdleSiblings(
    of path: PathIndex, at now: Instant, effects: inout Effects, where fits: (PathRecord) -> Bool
  ) {
    for position in 0..<table.orderedCount {
      let sibling = table.ordered(position)
      guard sibling != path, fits(table[sibling]), table[sibling].live == 0,
        !table[sibling].probe.isInFlight
      else { continue }
      startProbe(sibling, at: now, effects: &effects)
    }
  }

  /// A path that has just come into service is asked at once when others are suspected of hanging.
  mutating func testify(_ path: PathIndex, at now: Instant, effects: inout Effects) {
    guard !suspects.isEmpty, table[path].live == 0, !table[path].probe.isInFlight else { return }
    startProbe(path, at: now, effects: &effects)
  }

  private func siblingAnswered(since: Instant, besides path: PathIndex) -> Bool {
    var others = table.usable
    others.remove(path)
    while let other = others.first {
      others.remove(other)
      if since < table[other].answeredAt { return true }
    }
    return false
  }

  /// Looks at each suspect after somebody has answered: a suspect that others outran is accused.
  mutating func judgeSuspects(at now: Instant, effects: inout Effects) {
    var remaining = suspects
    while let path = remaining.first {
      remaining.remove(path)
      guard let since = quietSince(path), hasSomethingToGiveUp(path) else {
        suspects.remove(path)
        continue
      }
      guard table[path].accusedAt == nil, siblingAnswered(since: since, besides: path) else {
        continue
      }
      table[path].accusedAt = now
    }
  }

  /// All that are to blame go out of service before any of their requests goes elsewhere, or it would go
  /// from one to the next.
  private mutating func convict(at now: Instant, effects: inout Effects) {
    let isHopeless = !hasAlternative
    let cause = FaultCause(errno: Errno.etimedout, operation: .read, offset: 0)
    var remaining = condemned
    var takenOut = PathSet()
    while let path = remaining.first {
      remaining.remove(path)
      if isHopeless {
        // Whoever testified has gone out of service since: there is nowhere to go, and auto-restore would
        // only bring these back.
        table[path].busySince = now
      } else if takeOut(
        path, cause, since: quietSince(path), isStall: true, at: now, effects: &effects)
      {
        takenOut.insert(path)
      }
    }
    while let path = takenOut.first {
      takenOut.remove(path)
      pathWentOut(path, at: now, effects: &effects)
    }
    remaining = isHopeless ? PathSet() : condemned
    while let path = remaining.first {
      remaining.remove(path)
      let since = quietSince(path) ?? now
      stalled(path, quiet: now - since, at: now, effects: &effects)
    }
    condemned = PathSet()
    startDueFences(at: now, effects: &effects)
  }

  private var hasAlternative: Bool {
    for position in 0..<table.orderedCount {
      let other = table.ordered(position)
      if condemned.contains(other) { continue }
      if table[other].isUsable || table[other].isRestorable { return true }
    }
    return false
  }

  /// The path has answered: whatever it was suspected of is over.
  mutating func noteSignOfLife(_ path: PathIndex, at now: Instant) {
    noteTurn(now)
    table[path].answeredAt = now
    table[path].accusedAt = nil
    suspects.remove(path)
  }

  /// The path is to blame and out of service: its requests go elsewhere.
  private mutating func stalled(
    _ path: PathIndex, quiet: Interval, at now: Instant, effects: inout Effects
  ) {
    let cause = FaultCause(errno: Errno.etimedout, operation: .read, offset: 0)
    var decision = decision(.stall, path, cause: cause, waited: quiet, at: now)
    wantFence(path, at: now)
    // One that was sent here in this very turn has not been silent yet.
    let (reissued, waiting) = giveUpAll(
      of: path, issuedBefore: now, at: now, effects: &effects)
    // What waits for a connection that has ended is known; only what goes elsewhere now is news.
    if case .lost = table[path].service, reissued == 0 { return }
    table[path].stalls += 1
    decision.reissued = reissued
    decision.waiting = waiting
    remember(decision)
    effects.append(
      .event(.pathStalled(path, quiet: quiet, reissued: reissued, waiting: waiting)))
  }

  /// Gives up what may be given up of the path's attempts; what may not waits for its answer.
  mutating func giveUpAll(
    of path: PathIndex, issuedBefore limit: Instant? = nil, at now: Instant,
    effects: inout Effects
  ) -> (reissued: Int32, waiting: Int32) {
    var reissued: Int32 = 0
    var waiting: Int32 = 0
    var place = table[path].firstAttempt
    while place != RequestRecord.none {
      let next = attempts[Int(place)].next
      let isOld = limit.map { attempts[Int(place)].issuedAt < $0 } ?? true
      if !attempts[Int(place)].isGivenUp, isOld {
        if giveUp(place, at: now, effects: &effects) { reissued += 1 } else { waiting += 1 }
      }
      place = next
    }
    // Those that have to wait are looked at again, less and less often.
    table[path].busySince = now
    table[path].stallBackoff = min(30, table[path].stallBackoff + 1)
    useRoom(at: now, effects: &effects)
    return (reissued, waiting)
  }

  /// Sends an attempt's request elsewhere without waiting for its answer, where that is safe and there
  /// is an elsewhere.
  mutating func giveUp(
    _ place: UInt32, at now: Instant, effects: inout Effects
  ) -> Bool {
    let attempt = attempts[Int(place)]
    let slot = attempt.request
    if isCurrent(attempt) {
      var candidates = table.usable.subtracting(requests[Int(slot)].tried)
      // A new connection of the same path is as good as another path.
      if !attempt.isCut { candidates.remove(attempt.path) }
      guard !candidates.isEmpty, mayGiveUp(attempt) else { return false }
    }
    attempts[Int(place)].isGivenUp = true
    attempts[Int(place)].isGhost = attempt.operation.modifies
    if attempt.operation.modifies { ghosts += 1 }
    if !attempt.isCut {
      if attempt.operation.mayTakeLong { table[attempt.path].slowOutstanding -= 1 }
      table[attempt.path].unresolved += 1
    }
    counters.givenUp &+= 1
    guard isCurrent(attempt) else { return true }
    requests[Int(slot)].outstanding -= 1
    requests[Int(slot)].givenUp += 1
    if !attempt.isCut { requests[Int(slot)].tried.insert(attempt.path) }
    retry(slot, at: now, effects: &effects)
    return true
  }
}

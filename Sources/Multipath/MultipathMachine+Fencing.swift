internal import BasicContainers
public import BlockIO

/// Fencing: where it is required, no change goes through another path while one that left service by itself
/// may still bring its own to the medium. That is a path with changes outstanding, and in a private cache domain
/// one whose cache holds changes that no flush has covered. Changes wait with those that wait for ghosts;
/// reads and flushes do not.
///
/// The need ends with a fence that succeeded, with the answers of the path itself (not with attempts that the
/// layer below gives back because their connection has ended), or with the path's return to service.
extension MultipathMachine {
  /// How far the fencing of `path` has come.
  public func fence(_ path: PathIndex) -> PathFence { fences[Int(path.rawValue)].state }

  /// The path may bring changes to the medium after it has left service: changes through others wait for its
  /// fence. `startDueFences` has to follow in the same turn.
  mutating func wantFence(_ path: PathIndex, at now: Instant) {
    let place = Int(path.rawValue)
    guard configuration.fence.isRequired, fences[place].state == .none, mayHoldChanges(path)
    else { return }
    fences[place].state = .waiting(since: now, until: now)
    fences[place].wait = configuration.fence.retryFirst
    fences[place].isUnproven = false
    unfenced.insert(path)
  }

  private func mayHoldChanges(_ path: PathIndex) -> Bool {
    hasUnflushedCache(path) || hasOutstandingChange(path)
  }

  private func hasUnflushedCache(_ path: PathIndex) -> Bool {
    let record = fences[Int(path.rawValue)]
    return configuration.cacheDomain == .private && record.changedEpoch > record.flushedEpoch
  }

  func hasOutstandingChange(
    _ path: PathIndex, where fits: (AttemptRecord) -> Bool = { _ in true }
  ) -> Bool {
    var place = table[path].firstAttempt
    while place != RequestRecord.none {
      if attempts[Int(place)].operation.modifies, fits(attempts[Int(place)]) { return true }
      place = attempts[Int(place)].next
    }
    return false
  }

  mutating func startDueFences(at now: Instant, effects: inout Effects) {
    var remaining = unfenced
    while let path = remaining.first {
      remaining.remove(path)
      guard case .waiting(let since, let until) = fence(path), !(now < until) else { continue }
      let place = Int(path.rawValue)
      fences[place].state = .running(since: since)
      fences[place].generation &+= 1
      if since == until { effects.append(.event(.fenceBegan(path))) }
      effects.append(.fence(path: path, generation: fences[place].generation))
    }
  }

  /// When the next fence is to be tried.
  var fenceDeadline: Instant? {
    var nearest: Instant?
    var remaining = unfenced
    while let path = remaining.first {
      remaining.remove(path)
      guard case .waiting(_, let until) = fence(path) else { continue }
      nearest = nearest.map { min($0, until) } ?? until
    }
    return nearest
  }

  /// The outcome of a fence: `succeeded` means that nothing which was sent through the path will change the
  /// medium any more. The caller ends what connection there is, and answers what the path has outstanding,
  /// after that. A late outcome changes nothing.
  public mutating func fenceFinished(
    _ path: PathIndex, generation: UInt32, succeeded: Bool, at now: Instant,
    effects: inout Effects
  ) {
    let place = Int(path.rawValue)
    guard fences[place].generation == generation, case .running(let since) = fence(path) else {
      return
    }
    guard succeeded else {
      let wait = fences[place].wait
      fences[place].state = .waiting(since: since, until: now + wait)
      fences[place].wait = min(
        Interval(nanoseconds: wait.nanoseconds * 2), configuration.fence.retryLongest)
      counters.fencesFailed &+= 1
      effects.append(.event(.fenceFailed(path, retryIn: wait)))
      return
    }
    counters.fences &+= 1
    effects.append(.event(.fenceSucceeded(path, waited: now - since)))
    endFencing(path, as: .fenced(at: now))
    fences[place].flushedEpoch = fences[place].changedEpoch
    // Whatever it was that failed, there is nothing left of it: it has to be opened anew, and what its
    // cache held is not to be had any more.
    let cause = FaultCause(errno: Errno.etimedout, operation: .write, offset: 0)
    if takeOut(
      path, cause, since: since, isStall: true, isGone: true, at: now, effects: &effects)
    {
      pathWentOut(path, at: now, effects: &effects)
    }
    finishLeaving(path, at: now, effects: &effects)
    useAllRoom(at: now, effects: &effects)
  }

  /// Nobody waits for the path's fence any more; a fence that is being tried comes to nothing.
  private mutating func endFencing(_ path: PathIndex, as state: PathFence) {
    let place = Int(path.rawValue)
    fences[place].state = state
    fences[place].generation &+= 1
    fences[place].isUnproven = false
    unfenced.remove(path)
    if unfenced.isEmpty, !holdQueue.isEmpty { hasHeldForFence = true }
  }

  /// The path is back in service, so what it holds comes to the medium in order again, if changes go to no
  /// other: one whose cache holds some becomes the active path at once.
  mutating func liftFenceOnReturn(_ path: PathIndex, effects: inout Effects) {
    guard unfenced.contains(path), hasUnflushedCache(path) else {
      return clearFence(path, effects: &effects)
    }
    guard table[path].isUsable else { return }
    clearFence(path, effects: &effects)
    guard active != path else { return }
    failbackAt = nil
    effects.append(.event(.activeChanged(from: active, to: path)))
    active = path
  }

  private mutating func clearFence(_ path: PathIndex, effects: inout Effects) {
    switch fence(path) {
    case .none: return
    case .fenced: endFencing(path, as: .none)
    case .waiting(let since, let until) where since == until:
      // It was back in the very turn in which it went.
      endFencing(path, as: .none)
    case .running, .waiting:
      endFencing(path, as: .none)
      effects.append(.event(.fenceNotNeeded(path)))
    }
  }

  /// An attempt of a change is over, whatever became of it.
  mutating func noteChange(
    _ attempt: AttemptRecord, at now: Instant, effects: inout Effects
  ) {
    let place = Int(attempt.path.rawValue)
    if configuration.cacheDomain == .private {
      // What failed may have reached the cache as well.
      writeEpoch &+= 1
      fences[place].changedEpoch = writeEpoch
      if hasLeftByItself(attempt.path) {
        // Tried as a last resort, or while it was on its way out; an operator may have removed it since.
        wantFence(attempt.path, at: now)
        startDueFences(at: now, effects: &effects)
      }
    }
    guard unfenced.contains(attempt.path) else { return }
    if attempt.isCut { fences[place].isUnproven = true }
    if !fences[place].isUnproven, !mayHoldChanges(attempt.path) {
      clearFence(attempt.path, effects: &effects)
    }
  }

  private func hasLeftByItself(_ path: PathIndex) -> Bool {
    switch table[path].service {
    case .failed, .lost: return true
    case .good, .foreign: return false
    }
  }

  mutating func noteFlush(_ attempt: AttemptRecord) {
    let place = Int(attempt.path.rawValue)
    fences[place].flushedEpoch = max(fences[place].flushedEpoch, attempt.flushEpoch)
  }

  /// Whether the path may come back into service: not while it is being cut off, nor while what an ended
  /// connection left behind may land through it.
  func mayReturn(_ path: PathIndex) -> Bool {
    guard unfenced.contains(path) else { return true }
    if fences[Int(path.rawValue)].isUnproven { return false }
    if case .running = fence(path) { return false }
    return !hasOutstandingChange(path, where: { $0.isCut })
  }

  /// A change that has to wait for a fence joins those that wait for ghosts.
  mutating func waitForFence(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    if isStopping {
      finish(slot, .failure(errno: Errno.eshutdown), effects: &effects)
    } else {
      hold(slot, at: now, effects: &effects)
    }
  }

  /// Changes whether a fence is required. Without, whatever waits for one goes on at once.
  public mutating func setFence(
    _ policy: FencePolicy, at now: Instant, effects: inout Effects
  ) {
    let wasRequired = configuration.fence.isRequired
    configuration.fence = policy
    if policy.isRequired, !wasRequired { assumeChanges() }
    guard !policy.isRequired else { return }
    var remaining = unfenced
    while let path = remaining.first {
      remaining.remove(path)
      clearFence(path, effects: &effects)
      finishLeaving(path, at: now, effects: &effects)
    }
    useAllRoom(at: now, effects: &effects)
  }

  /// Changes what is known of the caches behind the paths, after a path has come or gone.
  public mutating func setCacheDomain(_ domain: CacheDomain) {
    let before = configuration.cacheDomain
    configuration.cacheDomain = domain
    if domain == .private, before == .shared, configuration.fence.isRequired { assumeChanges() }
  }

  /// Nobody has kept account until now: what is not flushed has been changed.
  private mutating func assumeChanges() {
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      if table[path].isDirty { fences[Int(path.rawValue)].changedEpoch = table[path].dirtyEpoch }
    }
  }

  /// The place of a path that has gone is free: nothing of it concerns the next one.
  mutating func forgetFence(_ path: PathIndex) {
    let generation = fences[Int(path.rawValue)].generation
    fences[Int(path.rawValue)] = FenceRecord(generation: generation &+ 1)
  }
}

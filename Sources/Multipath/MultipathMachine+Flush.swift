internal import BasicContainers
internal import BlockIO

/// FLUSH promises that everything acknowledged before it is on stable storage. It goes to every
/// path that has acknowledged writes since its last flush. A path that is gone can be vouched for by
/// another one only in a shared cache domain; in private domains the flush then fails rather than lies.
///
/// A flush is done when no path owes it anything, which is asked anew after each round of attempts:
/// whatever was lost on the way shows up as a debt that is still open.
extension MultipathMachine {
  mutating func dispatchFlush(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    if owesFlushError {
      owesFlushError = false
      requests[Int(slot)].tellsOfLoss = true
      effects.append(.event(.flushFailed(flushDebtor)))
      finish(slot, .failure(errno: Errno.eio), effects: &effects)
      return
    }
    if table.attached.isEmpty {
      // Nobody is there to vouch for what was written before the last path was removed.
      endOrWait(slot, at: now, effects: &effects)
      return
    }
    let owing = pathsOwing(requests[Int(slot)].flushEpoch)
    if owing.isEmpty {
      finish(slot, .success, effects: &effects)
      return
    }
    let reachable = owing.intersection(table.usable).subtracting(requests[Int(slot)].tried)
    switch configuration.cacheDomain {
    case .private where reachable != owing:
      effects.append(.event(.flushFailed(owing.subtracting(reachable).first)))
      finish(slot, .failure(errno: Errno.eio), effects: &effects)
    case .shared where reachable.isEmpty:
      coverByAnyPath(slot, at: now, effects: &effects)
    case .private, .shared:
      issueFlushes(slot, to: reachable, at: now, effects: &effects)
    }
  }

  /// None of the paths that owe can be reached: in a shared domain any other path will do.
  private mutating func coverByAnyPath(
    _ slot: UInt32, at now: Instant, effects: inout Effects
  ) {
    let candidates = candidates(for: slot)
    guard !candidates.isEmpty else {
      endOrWait(slot, at: now, effects: &effects)
      return
    }
    let path = ask(
      SelectorQuestion(
        operation: .flush, bytes: 0, candidates: candidates, active: active, now: now))
    issueFlushes(slot, to: PathSet(path), at: now, effects: &effects)
  }

  /// One attempt per path. A flush ignores the paths' caps: there are few, and each must go out.
  private mutating func issueFlushes(
    _ slot: UInt32, to paths: PathSet, at now: Instant, effects: inout Effects
  ) {
    var remaining = paths
    while let path = remaining.first {
      remaining.remove(path)
      if issue(slot, on: path, at: now, effects: &effects) { continue }
      // Out of attempt records: what was issued will answer, and the rest is still owed then.
      if requests[Int(slot)].outstanding == 0 { waitForRoom(slot) }
      return
    }
  }

  /// Books a successful flush: the path is clean up to the epoch at which it was issued, and in a
  /// shared domain so is every path that cannot be asked itself, or that this request has asked in vain.
  mutating func flushCovered(_ attempt: AttemptRecord) {
    table[attempt.path].cleanEpoch = max(table[attempt.path].cleanEpoch, attempt.flushEpoch)
    if configuration.fence.isRequired { noteFlush(attempt) }
    guard configuration.cacheDomain == .shared else { return }
    let tried = requests[Int(attempt.request)].tried
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      guard !table[path].isUsable || tried.contains(path) else { continue }
      table[path].cleanEpoch = max(table[path].cleanEpoch, attempt.flushEpoch)
    }
  }

  /// The active path has a cache of its own with acknowledged writes in it, or is being given more. If its work
  /// went elsewhere now, these could come to the medium after newer ones, and would not be read until then: who
  /// moves it by choice has to wait for a flush.
  public var activeOwesFlush: Bool {
    guard configuration.cacheDomain == .private, let active, table[active].isUsable else {
      return false
    }
    return table[active].hasUnflushedWrites || hasOutstandingChange(active)
  }

  /// Paths with acknowledged writes up to `epoch` that no flush has covered.
  private func pathsOwing(_ epoch: UInt64) -> PathSet {
    var owing = PathSet()
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      if table[path].isDirty && table[path].cleanEpoch < epoch { owing.insert(path) }
    }
    return owing
  }

  /// A path is gone for good, or its cache may be. In a shared domain its siblings inherit the debt; in
  /// a private one nobody can pay it, and the client has to hear of it once.
  mutating func disownWrites(of path: PathIndex) {
    guard table[path].isDirty else { return }
    switch configuration.cacheDomain {
    case .shared:
      for position in 0..<table.orderedCount {
        let other = table.ordered(position)
        table[other].dirtyEpoch = max(table[other].dirtyEpoch, table[path].dirtyEpoch)
      }
    case .private:
      owesFlushError = true
      flushDebtor = table[path].tenancy == .vacant ? nil : path
      table[path].cleanEpoch = table[path].dirtyEpoch
    }
  }

  /// The answer to a finished request will never reach its client: if it told of lost writes, the next
  /// FLUSH has to tell again. To be called before the slot is used anew.
  public mutating func answerUnheard(slot: UInt32) {
    guard requests[Int(slot)].tellsOfLoss else { return }
    requests[Int(slot)].tellsOfLoss = false
    owesFlushError = true
  }
}

internal import BasicContainers
internal import BlockIO

extension MultipathMachine {
  /// Gives a request its next attempt, or the reason why it gets none.
  mutating func dispatch(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    if requests[Int(slot)].isDisowned, requests[Int(slot)].outstanding == 0 {
      finish(slot, .failure(errno: Errno.ecanceled), effects: &effects)
      return
    }
    if requests[Int(slot)].operation == .flush {
      dispatchFlush(slot, at: now, effects: &effects)
      return
    }
    let candidates = candidates(for: slot)
    guard !candidates.isEmpty else {
      endOrWait(slot, at: now, effects: &effects)
      return
    }
    if !unfenced.isEmpty, requests[Int(slot)].operation.modifies, !sabotage.ignoresFences {
      waitForFence(slot, at: now, effects: &effects)
      return
    }
    guard let path = choose(for: slot, among: candidates, at: now),
      issue(slot, on: path, at: now, effects: &effects)
    else {
      waitForRoom(slot)
      return
    }
  }

  /// Usable paths the request has not tried; when there is none, paths out of service that it was
  /// offered and has not tried: the last resort before it may fail.
  func candidates(for slot: UInt32) -> PathSet {
    let usable = table.usable.subtracting(requests[Int(slot)].tried)
    if !usable.isEmpty { return table.hasGroups ? group(of: usable) : usable }
    return lastResort(for: slot)
  }

  /// The active path's group as long as it can carry anything, so that only failback leaves it; else the
  /// best.
  private func group(of paths: PathSet) -> PathSet {
    guard let active, table[active].isUsable else { return table.bestGroup(of: paths) }
    let own = table.members(of: paths, priority: table[active].priority)
    return own.isEmpty ? table.bestGroup(of: paths) : own
  }

  /// Paths that were usable during the request, failed before it tried them, and were not brought
  /// back: gmultipath would return the error here although one of them may be healthy again.
  private func lastResort(for slot: UInt32) -> PathSet {
    var result = PathSet()
    let tried = requests[Int(slot)].tried
    // An answer may have come from a path that has been removed since.
    guard !tried.isEmpty || requests[Int(slot)].wasAnswered else { return result }
    var remaining = requests[Int(slot)].offered.subtracting(tried).intersection(table.attached)
    while let path = remaining.first {
      remaining.remove(path)
      switch table[path].service {
      case .good, .failed:
        if !table[path].isHeld, table[path].unresolved == 0 { result.insert(path) }
      case .lost, .foreign: break
      }
    }
    return result
  }

  /// Asks the selector, having taken out the paths that are at their cap. Nil when the request has to
  /// wait for room.
  private mutating func choose(
    for slot: UInt32, among candidates: PathSet, at now: Instant
  ) -> PathIndex? {
    let operation = requests[Int(slot)].operation
    var roomy = PathSet()
    var remaining = candidates
    while let path = remaining.first {
      remaining.remove(path)
      if table[path].carried < cap(of: path, at: now) { roomy.insert(path) }
    }
    if roomy.isEmpty { return nil }
    if let active, candidates.contains(active), !roomy.contains(active), !isShared(operation) {
      return nil
    }
    return ask(
      SelectorQuestion(
        operation: operation, bytes: requests[Int(slot)].range.length, candidates: roomy,
        active: active, now: now))
  }

  /// Asks the rule for one operation: what the mode shares among paths goes by the chosen selector, the rest
  /// stays on the active path.
  mutating func ask(_ question: SelectorQuestion) -> PathIndex {
    isShared(question.operation)
      ? spread.choose(&table, question) : SelectorKind.activeOrNewest(&table, question)
  }

  private func isShared(_ operation: Operation) -> Bool {
    switch configuration.mode {
    case .activePassive: false
    case .activeActive: true
    case .activeRead: operation == .read
    }
  }

  /// Attempts a path may carry now. One that has just returned starts slowly where others can take the
  /// rest: a few attempts, twice as many after each tenth of a second.
  func cap(of path: PathIndex, at now: Instant) -> Int32 {
    let most = Int32(configuration.attemptsPerPathMax)
    guard let returned = table[path].probe.returnedAt, table.usable.count > 1 else { return most }
    let steps = (now - returned).milliseconds / 100
    return steps >= 8 ? most : min(most, 4 << Int32(steps))
  }

  /// Whether a path that was usable during the request, and that it has not tried, is only silent for now.
  func isOwedATry(_ slot: UInt32) -> Bool {
    var remaining = requests[Int(slot)].offered.subtracting(requests[Int(slot)].tried)
      .intersection(table.attached)
    while let path = remaining.first {
      remaining.remove(path)
      if table[path].unresolved > 0, !table[path].isHeld, case .failed = table[path].service {
        return true
      }
    }
    return false
  }

  /// Nothing left to try: the request fails if a path answered it, or waits for a path to return.
  ///
  /// A path that answered EIO has spoken for the medium, and every other path was tried too. When all
  /// of them are gone, nothing has been said about the data, and the request may wait.
  mutating func endOrWait(_ slot: UInt32, at now: Instant, effects: inout Effects) {
    let request = requests[Int(slot)]
    guard request.outstanding == 0 else { return }
    if request.wasAnswered && request.givenUp == 0 && !isOwedATry(slot) {
      finish(slot, .failure(errno: request.errno), effects: &effects)
      mediumSpoke(request, at: now, effects: &effects)
      return
    }
    if !table.usable.isEmpty && !request.wasAnswered {
      // What it tried is gone, but a path has returned since: it may be tried again.
      requests[Int(slot)].tried = PathSet()
      dispatch(slot, at: now, effects: &effects)
      return
    }
    let isOver = now - request.submittedAt >= configuration.noPathTimeout
    if isStopping || isOver {
      let errno = isStopping ? Errno.eshutdown : Errno.eio
      finish(slot, .failure(errno: errno), effects: &effects)
      return
    }
    guard queuedBytes + request.payloadBytes <= configuration.noPathBytesMax else {
      finish(slot, .failure(errno: Errno.eio), effects: &effects)
      return
    }
    if pathQueue.isEmpty { effects.append(.event(.queueingBegan)) }
    requests[Int(slot)].phase = .awaitingPath
    queuedBytes += request.payloadBytes
    pathQueue.append(slot, in: &requests)
  }

  mutating func waitForRoom(_ slot: UInt32) {
    requests[Int(slot)].phase = .awaitingRoom
    roomQueue.append(slot, in: &requests)
  }

  /// Takes a waiting request out of whichever queue it is in.
  mutating func leaveQueue(_ slot: UInt32, effects: inout Effects) {
    switch requests[Int(slot)].phase {
    case .vacant, .trying: break
    case .awaitingRoom: roomQueue.remove(slot, in: &requests)
    case .awaitingGhost:
      holdQueue.remove(slot, in: &requests)
      if holdQueue.isEmpty { effects.append(.event(.holdingEnded)) }
    case .awaitingPath:
      pathQueue.remove(slot, in: &requests)
      queuedBytes -= requests[Int(slot)].payloadBytes
      if pathQueue.isEmpty { effects.append(.event(.queueingEnded)) }
    }
  }

  /// Room has appeared for one attempt: it goes to the longest waiting request that can use it. One
  /// that waits for another path's room goes to the end.
  mutating func useRoom(at now: Instant, effects: inout Effects) {
    var untried = roomQueue.count
    while untried > 0 {
      untried -= 1
      if dispatchWaiting(at: now, effects: &effects) { return }
    }
  }

  /// Every waiter gets a chance: the active path has changed, or a path has come back; and so do changes that no
  /// fence holds back any more.
  mutating func useAllRoom(at now: Instant, effects: inout Effects) {
    if hasHeldForFence {
      hasHeldForFence = false
      releaseHeld(at: now, effects: &effects)
    }
    if cutAttempts > 0, !table.usable.isEmpty { giveUpCutAttempts(at: now, effects: &effects) }
    for _ in 0..<roomQueue.count { _ = dispatchWaiting(at: now, effects: &effects) }
  }

  /// Dispatches the head of the room queue; false when it used no room.
  private mutating func dispatchWaiting(at now: Instant, effects: inout Effects) -> Bool {
    let slot = roomQueue.head
    roomQueue.remove(slot, in: &requests)
    if requests[Int(slot)].refusedAt == now {
      roomQueue.append(slot, in: &requests)
      return false
    }
    requests[Int(slot)].phase = .trying
    dispatch(slot, at: now, effects: &effects)
    return requests[Int(slot)].phase == .trying
  }

  /// A path has come back: everything that waited for one is tried anew, on all paths.
  mutating func useReturnedPath(at now: Instant, effects: inout Effects) {
    var waited = pathQueue.count
    while waited > 0 {
      waited -= 1
      let slot = pathQueue.head
      leaveQueue(slot, effects: &effects)
      requests[Int(slot)].phase = .trying
      // One that was answered waits for attempts that were given up; it has no business on the same paths.
      if !requests[Int(slot)].wasAnswered { requests[Int(slot)].tried = PathSet() }
      dispatch(slot, at: now, effects: &effects)
    }
    useAllRoom(at: now, effects: &effects)
  }

  mutating func expireWaiting(at now: Instant, effects: inout Effects) {
    while !pathQueue.isEmpty {
      let slot = pathQueue.head
      guard now - requests[Int(slot)].submittedAt >= configuration.noPathTimeout else { return }
      finish(slot, .failure(errno: Errno.eio), effects: &effects)
    }
  }

  /// Ends a request and frees its place.
  mutating func finish(
    _ slot: UInt32, _ outcome: IOOutcome, winner: Token? = nil, effects: inout Effects
  ) {
    leaveQueue(slot, effects: &effects)
    assert(requests[Int(slot)].outstanding == 0 || requests[Int(slot)].operation == .read)
    requests[Int(slot)].phase = .vacant
    if outcome != .success { counters.errors &+= 1 }
    effects.append(.finish(slot: slot, outcome: outcome, winner: winner))
  }
}

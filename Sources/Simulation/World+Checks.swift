internal import BlockIO
internal import Engine
internal import Multipath

/// The referee: what is checked at each attempt, each reply and each step.
extension World {
  mutating func checkIssue(_ request: IORequest, _ slot: UInt32, _ path: Int) {
    let record = slots[Int(slot)]
    guard record.phase == .running || record.phase == .orphan else {
      violate(.answeredOnce, "an attempt was issued for slot \(slot), which is \(record.phase)")
      return
    }
    if request.operation != record.operation || request.range != record.range
      || request.flags != record.flags
    {
      violate(.answeredOnce, "an attempt of slot \(slot) asks for something else")
    }
    if record.phase == .orphan {
      violate(.answeredOnce, "slot \(slot) is tried although its client has gone")
    }
    if let fault = faultOfIssue(request, record, path) {
      violate(.issuesOnlyToUsable, "slot \(slot) was issued to path \(path), which is \(fault)")
    }
    if record.answeredOn.contains(request.path), record.operation != .flush {
      violate(.triesEachPathOnce, "slot \(slot) was issued to path \(path) again")
    }
    checkGroup(request, slot)
    if record.operation != .flush, paths[path].attempts > scenario.attemptsPerPathMax {
      // Flushes ignore the cap, so they may have filled it.
      // Nor does what an ended connection has left behind count.
      let others = ios.count {
        $0.isInUse && $0.path == path && !$0.isProbe
          && ($0.request.operation == .flush || $0.cutUntil != nil)
      }
      if paths[path].attempts - others > scenario.attemptsPerPathMax {
        violate(.countersMatch, "path \(path) carries \(paths[path].attempts) attempts")
      }
    }
  }

  /// Why the path must not get this attempt, or nil.
  private func faultOfIssue(_ request: IORequest, _ record: SlotRecord, _ path: Int) -> String? {
    if paths[path].isLeaving { return "removed" }
    if paths[path].isHeld { return "held" }
    if paths[path].showsWrongMedium { return "another medium" }
    switch engine.machine.table[request.path].service {
    case .good: return nil
    case .lost where paths[path].isNetwork && engine.machine.table[request.path].changedAt == now:
      // The connection has ended since it was chosen, within the same turn.
      return nil
    case .lost: return "lost"
    case .foreign: return "foreign"
    case .failed where engine.machine.table[request.path].changedAt == now: return nil
    case .failed:
      // The last resort: every usable path has been tried.
      let untried = engine.machine.table.usable.subtracting(record.failedOn)
      return untried.isEmpty ? nil : "failed while others are left"
    }
  }

  mutating func checkSuccess(_ slot: UInt32, _ reply: Reply) {
    let record = slots[Int(slot)]
    switch record.operation {
    case .write, .discard, .writeZeroes: break
    case .flush:
      if !history.flushSucceeded(since: record.beganMoment) {
        violate(.flushCovers, "slot \(slot) flushed, and nobody was told of a loss before it")
      }
      checkCoverage(slot)
    case .read:
      let first = Int(reply.buffer.offset) / Int(ModelMedium.sectorBytes)
      for (offset, sector) in record.sectors.enumerated() {
        let stamp = memory[first + offset]
        let floor = floors[Int(slot) * Self.sectorsPerRequestMax + offset]
        if history.mayRead(stamp, floor: floor) { continue }
        violate(.readsWhatWasWritten, "slot \(slot) read write \(stamp) from sector \(sector)")
        return
      }
    }
  }

  mutating func checkError(_ slot: UInt32, _ errno: Int32) {
    let record = slots[Int(slot)]
    if record.operation == .flush {
      history.flushFailed()
      return
    }
    if record.verdictErrno == errno || isHoldOver(record) || isFailingQueued { return }
    let usable = engine.machine.table.usable.subtracting(record.failedOn)
    if !usable.isEmpty {
      violate(
        .triesBeforeFailing, "slot \(slot) failed with \(errno), path bits \(usable.bits) are left")
      return
    }
    let hasTimedOut =
      now - record.beganAt >= shortestNoPathTimeout || isQueueSmall && !record.range.isEmpty
    if hasTimedOut && (record.answeredOn.isEmpty || record.outstanding > 0) { return }
    let left = record.offered.subtracting(record.failedOn)
    var remaining = left.intersection(engine.machine.table.attached)
    while let index = remaining.first {
      remaining.remove(index)
      let path = engine.machine.table[index]
      guard !path.isHeld, path.unresolved == 0, case .failed = path.service else { continue }
      violate(
        .triesBeforeFailing, "slot \(slot) failed with \(errno), place \(index.rawValue) was usable"
      )
      return
    }
  }

  /// A path that becomes usable is offered to every request under way.
  mutating func noteUsable() {
    let usable = engine.machine.table.usable
    guard usable != usableBefore else { return }
    let fresh = usable.subtracting(usableBefore)
    usableBefore = usable
    groupsMoved = true
    for path in paths.indices {
      guard let index = paths[path].index, usable.contains(index) else {
        paths[path].usableSince = nil
        continue
      }
      paths[path].usableSince = paths[path].usableSince ?? now
    }
    for slot in slots.indices where slots[slot].phase == .running {
      slots[slot].offered = slots[slot].offered.union(fresh)
    }
  }

  mutating func checkTables() {
    if engine.machine.queuedCount > 0, !engine.machine.table.usable.isEmpty,
      let slot = engine.machine.waitsInVain()
    {
      violate(.waitsOnlyWithoutPath, "slot \(slot) waits, and a path is usable")
    }
    for path in paths.indices {
      guard let index = paths[path].index else { continue }
      let counted = engine.machine.table[index].outstanding
      if Int(counted) != paths[path].attempts {
        violate(
          .countersMatch, "path \(path): \(counted) outstanding, \(paths[path].attempts) in truth")
      }
      if engine.machine.table[index].unresolved > 0, engine.machine.table.usable.contains(index) {
        violate(.unresolvedStayOut, "path \(path) is usable with unresolved attempts")
      }
    }
  }

  /// All is over: what was flushed survives any loss of power, and every place and buffer is back.
  mutating func checkEnd() {
    for cache in 0..<medium.cacheCount { loseCache(cache) }
    for slot in slots.indices where slots[slot].phase == .answered {
      let client = slots[slot].client
      engine.replySent(UInt32(slot), account: &clients[client].account, arena: &arena)
      slots[slot].phase = .vacant
    }
    engine.close(arena: &arena)
    for buffer in ballast { arena.release(buffer) }
    ballast.removeAll()
    if engine.freeSlots != engine.slotCount || slots.contains(where: { $0.phase != .vacant }) {
      violate(.countersMatch, "\(engine.busySlots) places are still taken")
    }
    if arena.freeBytes != arena.totalBytes {
      violate(.countersMatch, "\(arena.totalBytes - arena.freeBytes) buffer bytes are still leased")
    }
    for client in clients.indices
    where clients[client].account.slots != 0 || clients[client].account.bytes != 0 {
      violate(.countersMatch, "client \(client) still holds something")
    }
    mix(12)
    phase = .done
  }
}

internal import BlockIO
internal import Engine
internal import Multipath

/// A change that a server was sent before its connection ended, and may still carry out.
struct LateChange {
  let path: Int
  let stamp: UInt64
  let sectors: Range<Int>
  let isForced: Bool
  var isPending = true
}

/// Connections that end, what their servers do after that, and fences.
extension World {
  /// The end of a path's connection: the machine hears of it, what only reads is answered at once, and what changes
  /// once it may be taken for over. With `mayLand` the server goes on with any part of that, in any order.
  mutating func endConnection(of path: Int, mayLand: Bool) {
    guard paths[path].isNetwork, !paths[path].isDead, let index = paths[path].index else { return }
    note { "the connection of path \(path) ends" }
    mix(13, UInt64(path))
    paths[path].isDead = true
    for io in ios.indices where ios[io].isInUse && ios[io].path == path && ios[io].cutUntil == nil {
      cut(io, mayLand: mayLand)
    }
    let errno = random.pick([Errno.econnreset, Errno.epipe, Errno.etimedout])
    let cause = FaultCause(errno: errno, operation: .read, offset: 0)
    if case .lost = engine.machine.table[index].service { scheduleReopening(of: path) }
    decide(.pathLost(index, cause))
    settle()
  }

  private mutating func cut(_ io: Int, mayLand: Bool) {
    let work = ios[io]
    ios[io].outcome = .failure(errno: Errno.econnreset)
    ios[io].hasLanded = true
    var end = now
    if work.request.operation.modifies {
      if mayLand, !work.hasLanded { leaveBehind(work) }
      if defect != .ignoresQuietTime { end = now + (scenario.network?.quietTime ?? .zero) }
    } else if work.request.operation == .flush, mayLand, random.chance(percent: 50) {
      medium.flush(cache: cache(of: work.path))
    }
    ios[io].cutUntil = end
    events.schedule(.complete(io: io, generation: work.generation), at: end)
  }

  /// What the server does of it, and when. Where a fence is required it does not keep to the quiet time.
  private mutating func leaveBehind(_ work: ModelIO) {
    let sectors = work.landingSectors
    let landing = random.pick([0, random.within(0...sectors), sectors, sectors])
    guard landing > 0, let network = scenario.network else { return }
    let longest =
      network.fence.isRequired
      ? network.quietTime + .milliseconds(500) : network.quietTime
    let first = Int(work.request.range.offset / ModelMedium.sectorBytes)
    lateChanges.append(
      LateChange(
        path: work.path, stamp: work.stamp, sectors: first..<first + landing,
        isForced: work.request.flags.contains(.forceUnitAccess)))
    paths[work.path].lateChanges += 1
    let wait = Interval(nanoseconds: UInt64(random.below(Int(longest.nanoseconds))))
    events.schedule(.lateLanding(number: lateChanges.count - 1), at: now + wait)
  }

  mutating func landLate(_ number: Int) {
    let change = lateChanges[number]
    guard change.isPending else { return }
    forgetLate(number)
    note { "the server of path \(change.path) carries out write \(change.stamp) late" }
    modify(
      change.sectors, stamp: change.stamp, cache: cache(of: change.path),
      isForced: change.isForced)
    noteChanged(change.path)
  }

  private mutating func forgetLate(_ number: Int) {
    lateChanges[number].isPending = false
    paths[lateChanges[number].path].lateChanges -= 1
  }

  /// The server is gone, and with it whatever it had not carried out.
  mutating func forgetLateChanges(of path: Int) {
    guard paths[path].lateChanges > 0 else { return }
    for number in lateChanges.indices
    where lateChanges[number].isPending && lateChanges[number].path == path {
      forgetLate(number)
    }
  }

  // MARK: Fences

  mutating func startFence(of index: PathIndex, _ generation: UInt32) {
    let path = pathAt[Int(index.rawValue)]
    guard path >= 0, let network = scenario.network, network.fence.isRequired else {
      violate(.countersMatch, "a fence was asked for at place \(index.rawValue)")
      return
    }
    let wait = Interval.milliseconds(UInt64(random.within(1...network.fenceMilliseconds)))
    let succeeds = random.chance(percent: network.fenceOdds)
    mix(14, UInt64(path), UInt64(generation))
    note { "path \(path) is being fenced" }
    events.schedule(
      .fenceEnds(path: path, index: index, generation: generation, succeeds: succeeds),
      at: now + wait)
  }

  mutating func endFence(
    of path: Int, _ index: PathIndex, _ generation: UInt32, _ succeeds: Bool
  ) {
    guard pathAt[Int(index.rawValue)] == path else { return }
    let succeeded = succeeds || !isFaulty
    note { "the fence of path \(path) \(succeeded ? "has succeeded" : "has failed")" }
    mix(15, UInt64(path), succeeded ? 1 : 0)
    if succeeded { cutOff(path) }
    decide(.fenceFinished(index, generation: generation, succeeded: succeeded))
  }

  /// Nothing that was sent through the path lands any more, and it is dead until it is opened anew.
  private mutating func cutOff(_ path: Int) {
    forgetLateChanges(of: path)
    endConnection(of: path, mayLand: false)
    paths[path].isDead = true
    paths[path].isUnproven = false
    for io in ios.indices where ios[io].isInUse && ios[io].path == path {
      ios[io].isFenced = true
      if ios[io].cutUntil != nil {
        ios[io].cutUntil = now
        events.schedule(.complete(io: io, generation: ios[io].generation), at: now)
      } else {
        ios[io].hasLanded = true
        ios[io].outcome = .failure(errno: Errno.enodev)
      }
    }
    if scenario.cacheDomain == .private, random.chance(percent: 50) {
      loseCache(cache(of: path))
    }
    cacheTicks += 1
    paths[path].emptiedAt = cacheTicks
    if let index = paths[path].index, case .lost = engine.machine.table[index].service {
      scheduleReopening(of: path)
    }
  }

  // MARK: The referee

  mutating func noteChanged(_ path: Int) {
    cacheTicks += 1
    paths[path].changedAt = cacheTicks
  }

  /// Books what a completion says about the cache behind the path.
  mutating func noteCache(_ work: ModelIO) {
    if work.request.operation.modifies {
      noteChanged(work.path)
      if work.cutUntil != nil, !work.isFenced { paths[work.path].isUnproven = true }
      // Its server was cut off before this came back.
      if work.isFenced { paths[work.path].emptiedAt = cacheTicks }
    } else if work.request.operation == .flush, work.outcome == .success {
      paths[work.path].emptiedAt = max(paths[work.path].emptiedAt, work.tick)
    }
  }

  /// A change is issued to `path`: no other that went out of service by itself may hold any.
  mutating func checkFences(_ request: IORequest, _ slot: UInt32, _ path: Int) {
    guard let network = scenario.network, network.fence.isRequired, request.operation.modifies
    else { return }
    for other in paths.indices where other != path {
      guard let leftAt = paths[other].leftAt, let hazard = hazard(of: other, since: leftAt) else {
        continue
      }
      violate(
        .fenceComesFirst, "slot \(slot) went to path \(path), and path \(other) \(hazard)")
    }
  }

  private func hazard(of path: Int, since leftAt: Instant) -> String? {
    if paths[path].lateChanges > 0 { return "has changes to come" }
    if paths[path].isUnproven { return "has given back changes that may be to come" }
    if scenario.cacheDomain == .private, paths[path].changedAt > paths[path].emptiedAt {
      return "has changes in its cache"
    }
    for work in ios
    where work.isInUse && work.path == path && !work.isProbe && !work.isFenced
      && work.request.operation.modifies
    {
      let isGivenUp = engine.machine.isGivenUp(work.request.token)
      if isGivenUp || work.cutUntil != nil || work.issuedAt < leftAt {
        return "has changes outstanding"
      }
    }
    return nil
  }

  /// A flush has succeeded in a private domain: whatever it promised must not be in a cache alone.
  mutating func checkCoverage(_ slot: UInt32) {
    guard scenario.cacheDomain == .private else { return }
    for cache in 0..<medium.cacheCount {
      for sector in medium.dirtySectors(of: cache) {
        let stamp = medium.latest(of: sector, without: cache)
        if history.isPromisedMore(sector, than: stamp) {
          violate(
            .flushCovers, "slot \(slot) flushed, and sector \(sector) is in cache \(cache) alone")
          return
        }
      }
    }
  }
}

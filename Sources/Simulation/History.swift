internal import BlockIO

/// What the clients were promised, sector by sector, and whether what they see keeps to it.
///
/// The order of things is a counter of its own (a moment), which moves at every beginning and end of a
/// request, so that two events of one instant still have an order. A write that has begun and not ended
/// may or may not be visible; one that failed may have taken effect until it ended.
struct History {
  /// A moment later than all others.
  private static let never = UInt64.max
  private static let remembered = 4

  private struct Acknowledged {
    var began: UInt64 = 0
    var ended: UInt64 = 0
    var isForced = false
  }

  /// Successful flushes promise the writes acknowledged within: after the last flush error before
  /// them, and before they began.
  private struct Promise {
    let after: UInt64
    var before: UInt64
  }

  private(set) var moment: UInt64 = 0
  /// By write number; 0 is the state before the first write.
  private var began: [UInt64] = [0]
  private var ended: [UInt64] = [0]
  /// Per sector, the latest beginning of an acknowledged write: what ended before it is overwritten.
  private var floor: [UInt64]
  /// Per sector, the latest acknowledged writes, newest last.
  private var acknowledged: [Acknowledged]
  private var promises: [Promise] = []
  private var lastFlushErrorAt: UInt64 = 0
  /// When the oldest lost write was acknowledged of whose loss no flush has told yet.
  private var untoldLoss = Self.never

  init(sectorCount: Int) {
    floor = Array(repeating: 0, count: sectorCount)
    acknowledged = Array(repeating: Acknowledged(), count: sectorCount * Self.remembered)
  }

  mutating func tick() -> UInt64 {
    moment += 1
    return moment
  }

  func floor(of sector: Int) -> UInt64 { floor[sector] }

  // MARK: Writes

  /// The number of a new write, which is also its stamp.
  mutating func beginWrite() -> UInt64 {
    began.append(tick())
    ended.append(Self.never)
    return UInt64(began.count - 1)
  }

  mutating func endWrite(
    _ write: UInt64, sectors: Range<Int>, isAcknowledged: Bool, isForced: Bool
  ) {
    let now = tick()
    ended[Int(write)] = now
    guard isAcknowledged else { return }
    let entry = Acknowledged(began: began[Int(write)], ended: now, isForced: isForced)
    for sector in sectors {
      floor[sector] = max(floor[sector], entry.began)
      let first = sector * Self.remembered
      for place in first..<first + Self.remembered - 1 {
        acknowledged[place] = acknowledged[place + 1]
      }
      acknowledged[first + Self.remembered - 1] = entry
    }
  }

  /// True when the write has ended, and `newer` began only after that: it may not land any more.
  func isOverwritten(_ write: UInt64, by newer: UInt64) -> Bool {
    ended[Int(write)] < began[Int(newer)]
  }

  // MARK: Reads

  /// Whether a read may see `stamp`, when the sector's floor was `floor` at its beginning.
  func mayRead(_ stamp: UInt64, floor: UInt64) -> Bool {
    stamp < UInt64(began.count) && ended[Int(stamp)] >= floor
  }

  // MARK: Flushes and what they promise

  /// A flush that began at `start` has succeeded. False when it had to tell of a loss and did not.
  mutating func flushSucceeded(since start: UInt64) -> Bool {
    _ = tick()
    if untoldLoss < start { return false }
    if let last = promises.last, last.after == lastFlushErrorAt {
      promises[promises.count - 1].before = max(last.before, start)
    } else {
      promises.append(Promise(after: lastFlushErrorAt, before: start))
    }
    return true
  }

  mutating func flushFailed() {
    lastFlushErrorAt = tick()
    untoldLoss = Self.never
  }

  /// A cache was lost, and the sector shows `stamp` now. Returns false when that breaks a promise.
  ///
  /// With `mustBeTold` the next flush has to report the loss of what was acknowledged but not flushed.
  mutating func turnedBack(_ sector: Int, to stamp: UInt64, mustBeTold: Bool) -> Bool {
    let end = ended[Int(stamp)]
    let first = sector * Self.remembered
    for place in first..<first + Self.remembered {
      let entry = acknowledged[place]
      guard entry.ended != 0, end < entry.began else { continue }
      if entry.isForced || isPromised(entry.ended) { return false }
      if mustBeTold, entry.ended > lastFlushErrorAt { untoldLoss = min(untoldLoss, entry.ended) }
      acknowledged[place] = Acknowledged()
    }
    if end < floor[sector] { floor[sector] = began[Int(stamp)] }
    return true
  }

  /// Whether a flush has promised something newer than `stamp` for the sector.
  func isPromisedMore(_ sector: Int, than stamp: UInt64) -> Bool {
    let end = ended[Int(stamp)]
    let first = sector * Self.remembered
    for place in first..<first + Self.remembered {
      let entry = acknowledged[place]
      if entry.ended != 0, end < entry.began, isPromised(entry.ended) { return true }
    }
    return false
  }

  private func isPromised(_ acknowledgedAt: UInt64) -> Bool {
    promises.contains { $0.after < acknowledgedAt && acknowledgedAt < $0.before }
  }
}

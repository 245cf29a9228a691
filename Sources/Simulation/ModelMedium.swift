/// The bytes behind all paths, one stamp per 512-byte sector: the number of the write that put it there.
///
/// Reads see every write that has reached a cache or the medium, whichever path it came by. What is only
/// in a cache is gone when that cache loses power; what a flush or a forced write has made stable stays.
struct ModelMedium {
  static let sectorBytes: UInt64 = 512
  /// The stamp of what no client has ever written: another medium, or a buffer scribbled over.
  static let foreignStamp = UInt64.max

  /// A stamp and the moment it reached the place; among two places the later one is what a read sees.
  private struct Entry {
    var stamp: UInt64 = 0
    var landed: UInt64 = 0
  }

  let sectorCount: Int
  let cacheCount: Int
  private(set) var visible: [UInt64]
  private var stable: [Entry]
  /// Cache by cache, sector by sector; `landed` 0 means that the cache holds nothing of the sector.
  private var cached: [Entry]
  private var dirty: [[Int]]
  private var landings: UInt64 = 0

  init(sectorCount: Int, cacheCount: Int) {
    self.sectorCount = sectorCount
    self.cacheCount = cacheCount
    visible = Array(repeating: 0, count: sectorCount)
    stable = Array(repeating: Entry(), count: sectorCount)
    cached = Array(repeating: Entry(), count: sectorCount * cacheCount)
    dirty = Array(repeating: [], count: cacheCount)
  }

  mutating func write(_ stamp: UInt64, to sector: Int, cache: Int, isForced: Bool) {
    landings += 1
    visible[sector] = stamp
    let entry = Entry(stamp: stamp, landed: landings)
    if isForced {
      stable[sector] = entry
      return
    }
    let place = cache * sectorCount + sector
    if cached[place].landed == 0 { dirty[cache].append(sector) }
    cached[place] = entry
  }

  /// Makes everything in the cache stable.
  mutating func flush(cache: Int) {
    for sector in dirty[cache] {
      let place = cache * sectorCount + sector
      if cached[place].landed > stable[sector].landed { stable[sector] = cached[place] }
      cached[place] = Entry()
    }
    dirty[cache].removeAll(keepingCapacity: true)
  }

  /// Loses the cache's content. The answer is every sector it held something of, in the order in which
  /// they became dirty.
  mutating func lose(cache: Int) -> [Int] {
    let touched = dirty[cache]
    dirty[cache].removeAll(keepingCapacity: true)
    for sector in touched {
      cached[cache * sectorCount + sector] = Entry()
      visible[sector] = latest(of: sector)
    }
    return touched
  }

  func dirtySectors(of cache: Int) -> [Int] { dirty[cache] }

  /// What a sector would show if one of the caches were lost.
  func latest(of sector: Int, without lost: Int? = nil) -> UInt64 {
    var best = stable[sector]
    for cache in 0..<cacheCount where cache != lost {
      let entry = cached[cache * sectorCount + sector]
      if entry.landed > best.landed { best = entry }
    }
    return best.stamp
  }
}

internal import BasicContainers
public import BlockIO

/// The paths of one device: a fixed table, and the order in which gmultipath walks it.
public struct PathTable: ~Copyable {
  private var records: LazyTable<PathRecord>
  /// How long reads, and writes, have taken, by path.
  private var readTimes: LazyTable<LatencyHistogram>
  private var writeTimes: LazyTable<LatencyHistogram>
  /// Occupied places, newest attached first: the order of choice and failover
  /// (gmultipath keeps its consumers in a list with insertion at the head).
  private var newestFirst: RigidArray<PathIndex>
  /// How often a path was chosen by a selector that takes turns.
  var choices: UInt64 = 0
  /// The paths that carry requests now; kept in step by `refresh`.
  public private(set) var usable = PathSet()
  public private(set) var attached = PathSet()

  init(capacity: Int) {
    precondition(capacity > 0 && capacity <= 64)
    records = LazyTable(repeating: PathRecord(), count: capacity)
    newestFirst = RigidArray(capacity: capacity)
    readTimes = LazyTable(repeating: LatencyHistogram(), count: capacity)
    writeTimes = LazyTable(repeating: LatencyHistogram(), count: capacity)
  }

  public var capacity: Int { records.count }

  /// Places below this have been occupied at some time.
  public var reachedCount: Int { records.touchedCount }

  public var orderedCount: Int { newestFirst.count }

  /// The path at `position` in newest-first order.
  public func ordered(_ position: Int) -> PathIndex { newestFirst[position] }

  public subscript(_ path: PathIndex) -> PathRecord {
    @inline(__always) _read { yield records[Int(path.rawValue)] }
    @inline(__always) _modify { yield &records[Int(path.rawValue)] }
  }

  /// A place for a new path, or nil when the table is full.
  mutating func occupy(at now: Instant) -> PathIndex? {
    for place in 0..<records.count where records.peek(place).tenancy == .vacant {
      touch(place)
      let path = PathIndex(UInt8(place))
      let generation = records[place].probe.generation
      records[place] = PathRecord()
      readTimes[place] = LatencyHistogram()
      writeTimes[place] = LatencyHistogram()
      records[place].tenancy = .attached
      records[place].changedAt = now
      records[place].probe.generation = generation &+ 1
      newestFirst.insert(path, at: 0)
      refresh(path)
      countGroups()
      return path
    }
    return nil
  }

  private mutating func touch(_ place: Int) {
    records.touch(place)
    readTimes.touch(place)
    writeTimes.touch(place)
  }

  mutating func vacate(_ path: PathIndex) {
    self[path].tenancy = .vacant
    for position in 0..<newestFirst.count where newestFirst[position] == path {
      newestFirst.remove(at: position)
      break
    }
    refresh(path)
    countGroups()
  }

  /// Brings the sets in step with a record that has just changed.
  mutating func refresh(_ path: PathIndex) {
    if self[path].isUsable { usable.insert(path) } else { usable.remove(path) }
    if self[path].tenancy == .attached { attached.insert(path) } else { attached.remove(path) }
  }

  /// Whether any path has another priority than the rest.
  private(set) var hasGroups = false

  mutating func setPriority(_ priority: UInt8, of path: PathIndex) {
    self[path].priority = priority
    countGroups()
  }

  private mutating func countGroups() {
    var lowest = UInt8.max
    var highest = UInt8.min
    for position in 0..<newestFirst.count {
      lowest = min(lowest, self[newestFirst[position]].priority)
      highest = max(highest, self[newestFirst[position]].priority)
    }
    hasGroups = lowest < highest
  }

  /// The members of `paths` with the best (lowest) priority among them.
  func bestGroup(of paths: PathSet) -> PathSet {
    var best = PathSet()
    var priority = UInt8.max
    var remaining = paths
    while let path = remaining.first {
      remaining.remove(path)
      if self[path].priority < priority || best.isEmpty {
        priority = self[path].priority
        best = PathSet(path)
      } else if self[path].priority == priority {
        best.insert(path)
      }
    }
    return best
  }

  func members(of paths: PathSet, priority: UInt8) -> PathSet {
    var members = PathSet()
    var remaining = paths
    while let path = remaining.first {
      remaining.remove(path)
      if self[path].priority == priority { members.insert(path) }
    }
    return members
  }

  mutating func recordLatency(_ path: PathIndex, _ operation: Operation, _ took: Interval) {
    if operation == .read {
      readTimes[Int(path.rawValue)].record(took)
    } else {
      writeTimes[Int(path.rawValue)].record(took)
    }
    self[path].noteTime(took)
    let samples = readTimes[Int(path.rawValue)].total &+ writeTimes[Int(path.rawValue)].total
    if samples % 256 == 32 {
      self[path].usual = slowestUsual(path)
      self[path].hedgeAfter = readTimes[Int(path.rawValue)].quantile(perMille: 970) ?? .zero
    }
  }

  private func slowestUsual(_ path: PathIndex) -> Interval {
    let reads = readTimes[Int(path.rawValue)].quantile(perMille: 999)
    let writes = writeTimes[Int(path.rawValue)].quantile(perMille: 999)
    return max(reads ?? .zero, writes ?? .zero)
  }

  /// How long reads of the path have taken.
  public func readTimes(_ path: PathIndex) -> LatencyHistogram { readTimes[Int(path.rawValue)] }

  /// How long writes of the path have taken.
  public func writeTimes(_ path: PathIndex) -> LatencyHistogram { writeTimes[Int(path.rawValue)] }

  /// The first member of `candidates` in newest-first order.
  func newest(of candidates: PathSet) -> PathIndex? {
    for position in 0..<newestFirst.count where candidates.contains(newestFirst[position]) {
      return newestFirst[position]
    }
    return nil
  }
}

/// Everything in a path table that does not follow from the rest.
struct PathTableSnapshot: Sendable, Codable {
  var records: RecordTable<PathRecord>
  var readTimes: RecordTable<LatencyHistogram>
  var writeTimes: RecordTable<LatencyHistogram>
  var newestFirst: RecordTable<PathIndex>
  var choices: UInt64
}

extension PathTable {
  var snapshot: PathTableSnapshot {
    PathTableSnapshot(
      records: RecordTable((0..<records.count).copied { records.peek($0) }),
      readTimes: RecordTable((0..<readTimes.count).copied { readTimes.peek($0) }),
      writeTimes: RecordTable((0..<writeTimes.count).copied { writeTimes.peek($0) }),
      newestFirst: RecordTable((0..<newestFirst.count).copied { newestFirst[$0] }),
      choices: choices)
  }

  /// The snapshot has been checked.
  init(restoring snapshot: PathTableSnapshot) {
    self.init(capacity: snapshot.records.records.count)
    touch(capacity - 1)
    for (place, record) in snapshot.records.records.enumerated() { records[place] = record }
    for (place, times) in snapshot.readTimes.records.enumerated() { readTimes[place] = times }
    for (place, times) in snapshot.writeTimes.records.enumerated() { writeTimes[place] = times }
    for path in snapshot.newestFirst.records { newestFirst.append(path) }
    choices = snapshot.choices
    for path in snapshot.newestFirst.records { refresh(path) }
    countGroups()
  }
}

internal import BlockIO

/// The last decisions of one device. Full, it forgets the oldest; it never allocates after its making.
public struct DecisionRing: ~Copyable {
  public static let capacity = 64
  /// Slow attempts of one path this close together make one record, so that they cannot push out what
  /// matters more.
  static let slowWindow = Interval.seconds(1)

  private var records = LazyTable(repeating: Decision(), count: Self.capacity)
  private var next = 0
  public private(set) var count = 0

  init() {}

  /// The snapshot has been checked.
  init(restoring snapshot: DecisionRingSnapshot) {
    for (place, record) in snapshot.records.records.enumerated() {
      records.touch(place)
      records[place] = record
    }
    next = snapshot.next
    count = snapshot.count
  }

  var snapshot: DecisionRingSnapshot {
    DecisionRingSnapshot(
      records: RecordTable((0..<records.count).copied { records.peek($0) }), next: next,
      count: count)
  }

  /// The record `age` steps back; 0 is the newest.
  public func newest(_ age: Int) -> Decision {
    precondition(age < count)
    return records[(next + 2 * Self.capacity - 1 - age) % Self.capacity]
  }

  mutating func append(_ decision: Decision) {
    records.touch(next)
    records[next] = decision
    next = (next + 1) % Self.capacity
    count = min(Self.capacity, count + 1)
  }

  /// Joins a slow attempt with the newest record, when that is a slow one of the same path and recent.
  mutating func joinSlow(_ path: PathIndex, waited: Interval, at now: Instant) -> Bool {
    guard count > 0 else { return false }
    let place = (next + Self.capacity - 1) % Self.capacity
    guard records[place].kind == .slow, records[place].path == path,
      now - records[place].at < Self.slowWindow
    else { return false }
    records[place].count &+= 1
    records[place].waited = max(records[place].waited, waited)
    return true
  }

  /// A path has been removed, and its place may be another's soon.
  mutating func forget(_ path: PathIndex) {
    for place in 0..<records.touchedCount {
      if records[place].path == path { records[place].path = nil }
      if records[place].successor == path { records[place].successor = nil }
      for index in 0..<Decision.alternativesMax
      where records[place].alternatives[index].path == path {
        records[place].alternatives[index].path = nil
      }
    }
  }
}

/// The whole ring, with its oldest records where they are.
struct DecisionRingSnapshot: Sendable, Codable {
  var records: RecordTable<Decision>
  var next: Int
  var count: Int
}

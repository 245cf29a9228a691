public import BasicContainers

/// A table of fixed size that takes its memory in two steps.
///
/// Every device has room for its busiest moment, and a thousand idle ones must not cost a thousand times that: a
/// table begins with memory for a few places and takes all the rest at once when it first needs more, which
/// happens at most once. What was never written reads as `vacant`. Places are used from the lowest on, so that
/// the tables of an idle device stay small for ever.
public struct LazyTable<Record: BitwiseCopyable>: ~Copyable {
  @usableFromInline var records: RigidArray<Record>
  @usableFromInline let vacant: Record
  /// All places, touched or not.
  public let count: Int

  /// Places that a table has memory for at first.
  @inlinable public static var placesAtFirst: Int { 8 }

  @inlinable
  public init(repeating vacant: Record, count: Int) {
    records = RigidArray(capacity: min(count, Self.placesAtFirst))
    self.vacant = vacant
    self.count = count
  }

  /// Places below this have been written.
  @inlinable
  public var touchedCount: Int { records.count }

  public subscript(_ place: Int) -> Record {
    @inlinable
    _read {
      if place < records.count {
        yield records[place]
      } else {
        precondition(place < count, "a place beyond the end of a table")
        yield vacant
      }
    }
    @inlinable
    _modify {
      if place >= records.count { touch(place) }
      yield &records[place]
    }
  }

  @inlinable @inline(never)
  mutating func touch(_ place: Int) {
    precondition(place < count, "a place beyond the end of a table")
    if place >= records.capacity { records.reallocate(capacity: count) }
    while records.count <= place { records.append(vacant) }
  }
}

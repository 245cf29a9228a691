/// A table of fixed size that takes its memory in two steps.
///
/// Every device has room for its busiest moment, and a thousand idle ones must not cost a thousand times that: a
/// table begins with memory for a few places and takes all the rest at once when it first needs more, which
/// happens at most once. Places are used from the lowest on, so that the tables of an idle device stay small for
/// ever. A place is touched before it is used; that this is not done by the subscript saves a third of what a
/// decision costs. And elements are reached by address: an accessor that yields would take memory for its frame
/// wherever it is not inlined.
@safe @frozen public struct LazyTable<Record: BitwiseCopyable>: ~Copyable {
  /// The places; before the first there is one more, which is what a vacant place looks like.
  @usableFromInline var records: UnsafeMutablePointer<Record>
  /// Places that there is memory for.
  @usableFromInline var capacity: Int
  /// Places below this have been written.
  @inlinable public var touchedCount: Int { used }
  @usableFromInline var used: Int
  /// All places, touched or not.
  public let count: Int

  /// Places that a table has memory for at first.
  @inlinable public static var placesAtFirst: Int { 8 }

  @inlinable
  public init(repeating vacant: Record, count: Int) {
    precondition(count >= 0)
    self.count = count
    capacity = min(count, Self.placesAtFirst)
    used = 0
    unsafe records = .allocate(capacity: 1 + capacity) + 1
    unsafe (records - 1).initialize(to: vacant)
  }

  @inlinable
  deinit { unsafe (records - 1).deallocate() }

  /// A place that has been touched.
  @inlinable
  public subscript(_ place: Int) -> Record {
    @inline(__always)
    unsafeAddress { unsafe UnsafePointer(address(of: place)) }
    @inline(__always)
    unsafeMutableAddress { unsafe address(of: place) }
  }

  /// Where a touched place is until the next one is touched.
  @inlinable @inline(__always)
  public func address(of place: Int) -> UnsafeMutablePointer<Record> {
    precondition(UInt(bitPattern: place) < UInt(bitPattern: used), "an untouched place")
    return unsafe records + place
  }

  /// What is at a place, touched or not.
  public func peek(_ place: Int) -> Record {
    precondition(place >= 0 && place < count, "a place beyond the end of a table")
    return unsafe place < used ? records[place] : records[-1]
  }

  /// Makes a place usable, and all before it.
  @inlinable @inline(__always)
  public mutating func touch(_ place: Int) {
    if place >= used { grow(to: place) }
  }

  @inlinable @inline(never)
  mutating func grow(to place: Int) {
    precondition(place < count, "a place beyond the end of a table")
    if place >= capacity {
      let larger = UnsafeMutablePointer<Record>.allocate(capacity: 1 + count)
      unsafe larger.initialize(from: records - 1, count: 1 + used)
      unsafe (records - 1).deallocate()
      unsafe records = larger + 1
      capacity = count
    }
    unsafe (records + used).initialize(repeating: records[-1], count: place + 1 - used)
    used = place + 1
  }
}

internal import BasicContainers
internal import BlockIO

/// Which parts of the medium the changes under way touch, roughly: a counter for each of a few hundred classes
/// of granules. It errs on one side only, so that whoever hears "nothing there" need not look further. Its
/// cost does not depend on how many changes there are.
struct ChangeMap: ~Copyable {
  private static let granuleShift: UInt64 = 16
  private static let classShift: UInt64 = 64 - 9
  private static let classCount = 512
  /// Changes of more granules are only counted.
  private static let granulesMax: UInt64 = 32

  /// Empty until the first change.
  private var counters = RigidArray<UInt16>(capacity: 0)
  private var wide = 0

  mutating func insert(_ range: ByteRange) {
    if counters.isEmpty { counters = RigidArray(repeating: 0, count: Self.classCount) }
    guard let granules = Self.granules(of: range) else {
      wide += 1
      return
    }
    for granule in granules { counters[Self.place(granule)] += 1 }
  }

  mutating func remove(_ range: ByteRange) {
    guard let granules = Self.granules(of: range) else {
      wide -= 1
      assert(wide >= 0)
      return
    }
    for granule in granules { counters[Self.place(granule)] -= 1 }
  }

  /// False when nothing that is under way shares a byte with `range`.
  func mayTouch(_ range: ByteRange) -> Bool {
    if counters.isEmpty { return false }
    if wide > 0 { return true }
    guard let granules = Self.granules(of: range) else { return true }
    for granule in granules where counters[Self.place(granule)] > 0 { return true }
    return false
  }

  private static func granules(of range: ByteRange) -> ClosedRange<UInt64>? {
    guard range.length > 0 else { return nil }
    let first = range.offset >> granuleShift
    let last = (range.end - 1) >> granuleShift
    return last - first < granulesMax ? first...last : nil
  }

  /// Neighbours are spread by multiplying with 2^64 / the golden ratio and taking the highest bits.
  private static func place(_ granule: UInt64) -> Int {
    Int(truncatingIfNeeded: (granule &* 0x9E37_79B9_7F4A_7C15) >> classShift)
  }
}

/// Collects what was found out about a range, in the form in which a client may be told it.
///
/// Extents follow each other from the range's start without a gap, neighbours differ, none is empty, all but the
/// last are multiples of the block, and together they reach no further than was asked.
public struct AllocationMap: Hashable, Sendable {
  /// More are never told at once; the client asks on from where they end.
  public static let extentsMax = 256

  public private(set) var extents: [AllocationExtent] = []
  private let start: UInt64
  private let end: UInt64
  private let blockBytes: UInt64
  private var reached: UInt64

  /// A range that is not empty and does not overflow, and the export's minimum block, a power of two.
  public init(offset: UInt64, length: UInt64, blockBytes: UInt32) {
    precondition(length > 0 && offset <= .max - length && blockBytes.nonzeroBitCount == 1)
    start = offset
    end = offset + length
    self.blockBytes = UInt64(blockBytes)
    reached = offset
  }

  /// Of a range about which nothing is known: that it holds data is always a right answer.
  public static func allData(length: UInt64) -> [AllocationExtent] {
    [AllocationExtent(lengthBytes: length, isHole: false)]
  }

  /// Where the next finding is wanted, nil when there is no more to say.
  public var next: UInt64? {
    reached < end && extents.count < Self.extentsMax ? reached : nil
  }

  /// Up to `position` of the medium, what has not been told yet is a hole, or data.
  ///
  /// A block that is a hole only in part is told as data.
  public mutating func add(until position: UInt64, isHole: Bool) {
    var limit = min(position, end)
    if limit < end {
      let rest = limit & (blockBytes - 1)
      if rest != 0 { limit = isHole ? limit - rest : min(end, limit - rest + blockBytes) }
    }
    guard limit > reached else { return }
    if let last = extents.last, last.isHole == isHole {
      extents[extents.count - 1].lengthBytes += limit - reached
    } else {
      // There is room for so many in the answer's buffer.
      guard extents.count < Self.extentsMax else { return }
      extents.append(AllocationExtent(lengthBytes: limit - reached, isHole: isHole))
    }
    reached = limit
  }
}

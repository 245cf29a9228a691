internal import BasicContainers
internal import BlockIO

/// What is known to be bad of the medium, so that a path is not blamed for it again and again. Full, it
/// forgets the oldest, which then costs what the first error did.
public struct MediumFaults: ~Copyable {
  public static let capacity = 8
  /// Requests that meet a known fault make one event in this time.
  static let tellingInterval = Interval.seconds(10)

  /// Oldest first.
  private var faults = RigidArray<MediumFault>(capacity: Self.capacity)

  init() {}

  /// `records` must not be more than the capacity.
  init(restoring records: [MediumFault]) {
    precondition(records.count <= Self.capacity)
    for record in records { faults.append(record) }
  }

  public var count: Int { faults.count }

  public subscript(_ index: Int) -> MediumFault { faults[index] }

  /// Whether an error like this one is explained by a fault that is known.
  func explain(_ outcome: IOOutcome, _ operation: Operation, _ range: ByteRange) -> Bool {
    for index in 0..<faults.count
    where faults[index].errno == outcome.errno && faults[index].modifies == operation.modifies
      && faults[index].range.overlaps(range)
    {
      return true
    }
    return false
  }

  /// Every path has said so. True when an operator has not heard of it lately.
  mutating func note(
    errno: Int32, _ operation: Operation, _ range: ByteRange, at now: Instant
  ) -> Bool {
    guard !range.isEmpty else { return true }
    for index in 0..<faults.count
    where faults[index].errno == errno && faults[index].modifies == operation.modifies
      && faults[index].range.overlaps(range)
    {
      faults[index].count &+= 1
      faults[index].at = now
      guard now - faults[index].toldAt >= Self.tellingInterval else { return false }
      faults[index].toldAt = now
      return true
    }
    if faults.count == Self.capacity { faults.remove(at: 0) }
    var fault = MediumFault()
    fault.range = range
    fault.errno = errno
    fault.modifies = operation.modifies
    fault.count = 1
    fault.at = now
    fault.toldAt = now
    faults.append(fault)
    return true
  }

  /// The medium ends at `sizeBytes` now.
  mutating func forget(beyond sizeBytes: UInt64) {
    for index in (0..<faults.count).reversed() where faults[index].range.end > sizeBytes {
      faults.remove(at: index)
    }
  }

  /// A success shows its range to be good: a read for reads, a change for both, since media put a new block
  /// in the place of a bad one when it is written.
  mutating func noteSuccess(_ operation: Operation, _ range: ByteRange) {
    var index = 0
    while index < faults.count {
      let fault = faults[index]
      index += 1
      guard operation.modifies || !fault.modifies, fault.range.overlaps(range) else { continue }
      let start = range.offset <= fault.range.offset ? range.end : fault.range.offset
      let end = range.end >= fault.range.end ? range.offset : fault.range.end
      if start >= end {
        index -= 1
        faults.remove(at: index)
      } else {
        faults[index - 1].range = ByteRange(uncheckedOffset: start, length: end - start)
      }
    }
  }
}

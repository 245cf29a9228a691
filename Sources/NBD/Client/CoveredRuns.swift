/// Which bytes of one READ have come, as sorted runs that touch neither each other nor the past.
struct CoveredRuns {
  private struct Run: BitwiseCopyable {
    var start: UInt32
    var end: UInt32
  }

  private var runs = InlineArray<16, Run>(repeating: Run(start: 0, end: 0))
  private var count = 0

  /// How a run of bytes fits what is there.
  enum Insertion {
    case inserted
    case overlaps
    /// The table is full: `NBDLimits.coveredRunsMax`.
    case full
  }

  /// True when the runs are one, from 0 to `length`.
  func coversAll(length: UInt32) -> Bool {
    length == 0 || (count == 1 && runs[0].start == 0 && runs[0].end == length)
  }

  /// Adds `length` bytes at `start`; the sum must not overflow.
  mutating func insert(start: UInt32, length: UInt32) -> Insertion {
    let end = start + length
    // From behind: chunks come in ascending order but from odd servers.
    var place = count
    while place > 0, runs[place - 1].start >= start { place -= 1 }
    if place > 0, runs[place - 1].end > start { return .overlaps }
    if place < count, runs[place].start < end { return .overlaps }
    let touchesBefore = place > 0 && runs[place - 1].end == start
    let touchesAfter = place < count && runs[place].start == end
    if touchesBefore {
      runs[place - 1].end = touchesAfter ? runs[place].end : end
      if touchesAfter { remove(at: place) }
    } else if touchesAfter {
      runs[place].start = start
    } else {
      guard count < NBDLimits.coveredRunsMax else { return .full }
      for index in stride(from: count, to: place, by: -1) { runs[index] = runs[index - 1] }
      runs[place] = Run(start: start, end: end)
      count += 1
    }
    return .inserted
  }

  private mutating func remove(at place: Int) {
    count -= 1
    for index in place..<count { runs[index] = runs[index + 1] }
  }
}

internal import BlockIO
internal import Multipath

/// The I/O of one device that is under way: by attempt place, then one place for each path's probe.
///
/// Two tables, so that an idle device, which only probes, needs few places of either.
struct PendingTable: ~Copyable {
  private var attempts: LazyTable<PendingIO>
  private var probes: LazyTable<PendingIO>

  init(attempts: Int, paths: Int) {
    self.attempts = LazyTable(repeating: PendingIO(), count: attempts)
    probes = LazyTable(repeating: PendingIO(), count: paths)
  }

  var count: Int { attempts.count + probes.count }

  /// An attempt is under way that may change what lies beyond `end`, be it given up long since.
  func hasChange(beyond end: UInt64) -> Bool {
    for place in 0..<attempts.touchedCount {
      let io = attempts.peek(place)
      switch io.step {
      case .idle: continue
      case .transfer, .flush, .zero, .writeZeroes:
        if io.request.operation.modifies, io.request.range.end > end { return true }
      }
    }
    return false
  }

  func probePlace(_ path: UInt32) -> Int { attempts.count + Int(path) }

  /// Makes a place usable.
  mutating func touch(_ place: Int) {
    if place < attempts.count {
      attempts.touch(place)
    } else {
      probes.touch(place - attempts.count)
    }
  }

  subscript(_ place: Int) -> PendingIO {
    @inline(__always)
    unsafeAddress { unsafe UnsafePointer(address(of: place)) }
    @inline(__always)
    unsafeMutableAddress { unsafe address(of: place) }
  }

  private func address(of place: Int) -> UnsafeMutablePointer<PendingIO> {
    unsafe place < attempts.count
      ? attempts.address(of: place) : probes.address(of: place - attempts.count)
  }
}

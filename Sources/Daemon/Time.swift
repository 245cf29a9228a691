internal import BlockIO
internal import Glibc
internal import Reactor

/// The clock on the wall, for what people read.
enum WallClock {
  /// Milliseconds since 1970 at which the monotonic clock showed `instant`.
  static func milliseconds(at instant: Instant) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    // In nanoseconds until the end: two roundings would show one moment as two.
    let wall = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    return (wall - min(wall, (ReactorThread.clock() - instant).nanoseconds)) / 1_000_000
  }
}

/// Things to be done later, on the control thread: a heap by time, in which what was cancelled stays until its time has
/// come or it is in the majority.
struct Timers {
  private struct Entry {
    let due: Instant
    let id: UInt64

    func isBefore(_ other: Entry) -> Bool {
      due == other.due ? id < other.id : due < other.due
    }
  }

  private var heap: [Entry] = []
  private var actions: [UInt64: () -> Void] = [:]
  private var nextID: UInt64 = 1
  private static let sweepMin = 256

  /// Returns an identity with which the timer can be cancelled.
  @discardableResult
  mutating func after(_ interval: Interval, _ action: @escaping () -> Void) -> UInt64 {
    let id = nextID
    nextID += 1
    actions[id] = action
    heap.append(Entry(due: ReactorThread.clock() + interval, id: id))
    rise(heap.count - 1)
    return id
  }

  mutating func cancel(_ id: UInt64) {
    guard actions.removeValue(forKey: id) != nil, heap.count > Self.sweepMin,
      heap.count > 2 * actions.count
    else { return }
    heap.removeAll { actions[$0.id] == nil }
    // An array in order is a heap.
    heap.sort { $0.isBefore($1) }
  }

  /// The action that has been due longest by `now`; nil when none is.
  mutating func takeDue(at now: Instant) -> (() -> Void)? {
    dropCancelled()
    guard let first = heap.first, !(now < first.due) else { return nil }
    dropFirst()
    return actions.removeValue(forKey: first.id)
  }

  /// Milliseconds until the next one, rounded up; -1 when there is none.
  mutating func pollTimeout() -> Int32 {
    dropCancelled()
    guard let first = heap.first else { return -1 }
    let wait = first.due - ReactorThread.clock()
    return Int32(clamping: (wait.nanoseconds + 999_999) / 1_000_000)
  }

  private mutating func dropCancelled() {
    while let first = heap.first, actions[first.id] == nil { dropFirst() }
  }

  private mutating func dropFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    sink()
  }

  private mutating func rise(_ start: Int) {
    var place = start
    while place > 0, heap[place].isBefore(heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink() {
    var place = 0
    while true {
      var least = place
      for child in (2 * place + 1)...(2 * place + 2) where child < heap.count {
        if heap[child].isBefore(heap[least]) { least = child }
      }
      if least == place { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}

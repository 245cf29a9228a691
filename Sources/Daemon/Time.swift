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

/// Things to be done later, on the control thread.
struct Timers {
  private struct Entry {
    let due: Instant
    let id: UInt64
    let action: () -> Void
  }

  private var entries: [Entry] = []
  private var nextID: UInt64 = 1

  /// Returns an identity with which the timer can be cancelled.
  @discardableResult
  mutating func after(_ interval: Interval, _ action: @escaping () -> Void) -> UInt64 {
    let id = nextID
    nextID += 1
    let entry = Entry(due: ReactorThread.clock() + interval, id: id, action: action)
    // Most are due after most others: the place is near the end.
    let place = entries.lastIndex { !(entry.due < $0.due) }.map { $0 + 1 } ?? entries.startIndex
    entries.insert(entry, at: place)
    return id
  }

  mutating func cancel(_ id: UInt64) {
    guard let place = entries.lastIndex(where: { $0.id == id }) else { return }
    entries.remove(at: place)
  }

  /// The actions that are due, oldest first.
  mutating func takeDue() -> [() -> Void] {
    let now = ReactorThread.clock()
    let count = entries.prefix { !(now < $0.due) }.count
    defer { entries.removeFirst(count) }
    return entries.prefix(count).map { $0.action }
  }

  /// Milliseconds until the next one, rounded up; -1 when there is none.
  var pollTimeout: Int32 {
    guard let first = entries.first else { return -1 }
    let wait = first.due - ReactorThread.clock()
    return Int32(clamping: (wait.nanoseconds + 999_999) / 1_000_000)
  }
}

internal import BlockIO

/// What is due at some instant, earliest first; among events of one instant the one scheduled first.
struct EventHeap<Event> {
  private struct Entry {
    let at: Instant
    let sequence: UInt64
    let event: Event

    func precedes(_ other: Entry) -> Bool {
      at == other.at ? sequence < other.sequence : at < other.at
    }
  }

  private var entries: [Entry] = []
  private var scheduled: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }
  var count: Int { entries.count }
  var nextAt: Instant? { entries.first?.at }

  mutating func schedule(_ event: Event, at instant: Instant) {
    scheduled += 1
    entries.append(Entry(at: instant, sequence: scheduled, event: event))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].precedes(entries[parent]) else { return }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (at: Instant, event: Event)? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink()
    }
    return (first.at, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < entries.count else { return }
      if child + 1 < entries.count, entries[child + 1].precedes(entries[child]) { child += 1 }
      guard entries[child].precedes(entries[parent]) else { return }
      entries.swapAt(child, parent)
      parent = child
    }
  }
}

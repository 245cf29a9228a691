/// A first-in first-out queue threaded through the request table, so that waiting costs no memory
/// and leaving from the middle costs no search.
struct RequestQueue: BitwiseCopyable, Codable, Sendable {
  private(set) var head = RequestRecord.none
  private(set) var tail = RequestRecord.none
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ slot: UInt32, in table: inout LazyTable<RequestRecord>) {
    table[Int(slot)].previous = tail
    table[Int(slot)].next = RequestRecord.none
    if tail == RequestRecord.none { head = slot } else { table[Int(tail)].next = slot }
    tail = slot
    count += 1
  }

  mutating func remove(_ slot: UInt32, in table: inout LazyTable<RequestRecord>) {
    let next = table[Int(slot)].next
    let previous = table[Int(slot)].previous
    if previous == RequestRecord.none { head = next } else { table[Int(previous)].next = next }
    if next == RequestRecord.none { tail = previous } else { table[Int(next)].previous = previous }
    table[Int(slot)].next = RequestRecord.none
    table[Int(slot)].previous = RequestRecord.none
    count -= 1
  }
}

internal import Control

/// The last events of the daemon; full, it forgets the oldest.
struct EventLog {
  private var records: [EventRecord] = []
  private var oldest = 0
  private var nextSequence: UInt64 = 1

  /// Remembers what `make` makes of the next sequence number.
  mutating func append(_ make: (_ sequence: UInt64) -> EventRecord) -> EventRecord {
    let record = make(nextSequence)
    nextSequence += 1
    if records.count < DaemonLimits.events {
      records.append(record)
    } else {
      records[oldest] = record
      oldest = (oldest + 1) % DaemonLimits.events
    }
    return record
  }

  /// At most `last` of the newest, oldest first.
  func newest(_ last: Int?, of device: String?) -> [EventRecord] {
    let all = Array(records[oldest...] + records[..<oldest])
    let wanted = all.filter { device == nil || $0.device == device }
    return Array(wanted.suffix(max(0, last ?? wanted.count)))
  }
}

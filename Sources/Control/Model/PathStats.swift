/// One path's counters since it was attached.
package struct PathStats: Codable, Hashable, Sendable {
  /// The short name, such as `loop1`.
  package let name: String
  /// Attempts of any kind that have ended.
  package let attempts: UInt64
  package let reads: UInt64
  package let writes: UInt64
  package let bytesRead: UInt64
  package let bytesWritten: UInt64
  /// Attempts that ended with an error.
  package let errors: UInt64
  /// Attempts that have not ended.
  package let outstanding: Int
  /// Times the path was taken out of use because of an error.
  package let failures: UInt64
  /// Times it came back.
  package let restores: UInt64
  /// Of the attempts that have not ended, those that were given up.
  package let unresolved: Int?
  /// Times it was found to be stalled.
  package let stalls: UInt64?
  /// How long it may be silent now before it is suspect.
  package let patienceMilliseconds: UInt64?
  /// How long its attempts take; nil before there have been enough of them.
  package let readTimes: LatencyQuantiles?
  package let writeTimes: LatencyQuantiles?

  package init(
    name: String, attempts: UInt64 = 0, reads: UInt64 = 0, writes: UInt64 = 0,
    bytesRead: UInt64 = 0, bytesWritten: UInt64 = 0, errors: UInt64 = 0, outstanding: Int = 0,
    failures: UInt64 = 0, restores: UInt64 = 0,
    unresolved: Int? = nil, stalls: UInt64? = nil, patienceMilliseconds: UInt64? = nil,
    readTimes: LatencyQuantiles? = nil, writeTimes: LatencyQuantiles? = nil
  ) {
    self.name = name
    self.attempts = attempts
    self.reads = reads
    self.writes = writes
    self.bytesRead = bytesRead
    self.bytesWritten = bytesWritten
    self.errors = errors
    self.outstanding = outstanding
    self.failures = failures
    self.restores = restores
    self.unresolved = unresolved
    self.stalls = stalls
    self.patienceMilliseconds = patienceMilliseconds
    self.readTimes = readTimes
    self.writeTimes = writeTimes
  }
}

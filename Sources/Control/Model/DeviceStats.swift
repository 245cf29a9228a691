/// One device's counters since it was made.
package struct DeviceStats: Codable, Hashable, Sendable {
  package let name: String
  /// Client requests finished, by kind; attempts are counted with the paths.
  package let reads: UInt64
  package let writes: UInt64
  package let flushes: UInt64
  package let discards: UInt64
  package let writeZeroes: UInt64
  package let bytesRead: UInt64
  package let bytesWritten: UInt64
  /// Requests that were answered with an error.
  package let errors: UInt64
  /// Attempts beyond a request's first.
  package let retries: UInt64
  /// Times the active path changed because it failed.
  package let failovers: UInt64
  /// NBD clients connected now.
  package let sessions: Int
  /// Requests that wait for a usable path now.
  package let queued: Int
  package let paths: [PathStats]
  /// Payload of the requests that wait for a usable path now.
  package let queuedBytes: UInt64?
  /// Attempts that were given up and may still change the medium, now.
  package let ghosts: Int?
  /// Requests that wait for a ghost now.
  package let heldRequests: Int?
  /// Attempts that were given up because their path stalled.
  package let givenUp: UInt64?
  /// Requests that have waited for a ghost, and how long in all.
  package let held: UInt64?
  package let heldMilliseconds: UInt64?
  /// Reads that a second path was asked for because the first was late.
  package let hedges: UInt64?

  package init(
    name: String, reads: UInt64 = 0, writes: UInt64 = 0, flushes: UInt64 = 0,
    discards: UInt64 = 0, writeZeroes: UInt64 = 0, bytesRead: UInt64 = 0,
    bytesWritten: UInt64 = 0, errors: UInt64 = 0, retries: UInt64 = 0, failovers: UInt64 = 0,
    sessions: Int = 0, queued: Int = 0, paths: [PathStats] = [],
    queuedBytes: UInt64? = nil, ghosts: Int? = nil, heldRequests: Int? = nil,
    givenUp: UInt64? = nil, held: UInt64? = nil, heldMilliseconds: UInt64? = nil,
    hedges: UInt64? = nil
  ) {
    self.name = name
    self.reads = reads
    self.writes = writes
    self.flushes = flushes
    self.discards = discards
    self.writeZeroes = writeZeroes
    self.bytesRead = bytesRead
    self.bytesWritten = bytesWritten
    self.errors = errors
    self.retries = retries
    self.failovers = failovers
    self.sessions = sessions
    self.queued = queued
    self.paths = paths
    self.queuedBytes = queuedBytes
    self.ghosts = ghosts
    self.heldRequests = heldRequests
    self.givenUp = givenUp
    self.held = held
    self.heldMilliseconds = heldMilliseconds
    self.hedges = hedges
  }
}

internal import BlockIO

/// What the referee knows of one request, kept apart from the engine's own tables.
struct SlotRecord {
  enum Phase {
    case vacant
    case reserved
    case running
    /// Running, and its client has gone.
    case orphan
    case answered
  }

  var phase = Phase.vacant
  /// Goes up whenever the place is given out, so that an event for an earlier user is recognised.
  var generation: UInt32 = 0
  var client = 0
  var session: UInt32 = 0
  var cookie: UInt64 = 0
  var operation = Operation.read
  var flags = OperationFlags()
  var range = ByteRange.empty
  var write: UInt64 = 0
  /// The moment it began in the history, and the instant on the clock.
  var beganMoment: UInt64 = 0
  var beganAt = Instant.zero
  /// Attempts issued, and those outstanding.
  var issues = 0
  var outstanding = 0
  /// An attempt has succeeded, and the cache it reached has lost power before the request was over.
  var hasSucceeded = false
  var isLostAlready = false
  /// A second attempt was issued while another was outstanding.
  var wasReissued = false
  /// What a reader saw in the buffer when its reply was made; it must not change before the reply is out.
  var replyDigest: UInt64 = 0
  /// Paths on which an attempt has failed; those that answered with a doubtful error among them.
  var failedOn = PathSet()
  var answeredOn = PathSet()
  /// Paths that were usable at some time during the request.
  var offered = PathSet()
  /// The target's verdict that an attempt has brought (0: none), and whether it brought any error.
  var verdictErrno: Int32 = 0

  var sectors: Range<Int> {
    let first = Int(range.offset / ModelMedium.sectorBytes)
    return first..<first + Int(range.length / ModelMedium.sectorBytes)
  }
}

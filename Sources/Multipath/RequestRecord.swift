internal import BlockIO

/// Where a request stands inside the machine.
enum RequestPhase: UInt8, BitwiseCopyable, Codable, Sendable {
  case vacant
  /// At least one attempt is outstanding.
  case trying
  /// Waits for room on a path, in the capacity queue.
  case awaitingRoom
  /// Waits for any usable path, in the no-path queue.
  case awaitingPath
  /// Would change a range that a ghost may still change, or any while a path is to be fenced; in the hold
  /// queue.
  case awaitingGhost
}

/// One request: what was asked, which paths it has tried, and what they said.
struct RequestRecord: BitwiseCopyable, Codable, Sendable {
  var phase = RequestPhase.vacant
  var operation = Operation.read
  var flags = OperationFlags()
  var range = ByteRange.empty
  /// Paths that answered this request with a fault.
  var tried = PathSet()
  /// Paths that were usable at some time during the request: it must not fail before it tried them.
  var offered = PathSet()
  /// Its client has gone: what is under way may end, but nothing new is started for it.
  var isDisowned = false
  /// Attempts that were not given up.
  var outstanding: Int32 = 0
  /// Attempts that were, and have not answered.
  var givenUp: Int32 = 0
  /// A given-up attempt has carried the change out after all; the path it did so on.
  var landedOn: PathIndex?
  /// When there was no memory for an attempt of it: it does not try again in the same instant.
  var refusedAt: Instant?
  /// Goes up at every use of the slot.
  var generation: UInt32 = 0
  var submittedAt = Instant.zero
  /// When it joined the hold queue.
  var heldAt = Instant.zero
  /// The first error a path answered with (0: none yet), and whether a path that is still there
  /// said so rather than one that is gone.
  var errno: Int32 = 0
  var wasAnswered = false
  /// The target's own verdict, which no other path could change (0: none).
  var verdictErrno: Int32 = 0
  /// FLUSH only: the device's write epoch at submission. A path's writes up to here must be covered.
  var flushEpoch: UInt64 = 0
  /// FLUSH only: its error is the one report of writes that can no longer be flushed.
  var tellsOfLoss = false
  /// Links of the queue the request waits in; `none` at the ends.
  var next = RequestRecord.none
  var previous = RequestRecord.none

  static let none = UInt32.max

  /// Bytes of memory that the request keeps while it waits.
  var payloadBytes: UInt64 {
    switch operation {
    case .read, .write: range.length
    case .flush, .discard, .writeZeroes: 0
    }
  }
}

internal import BlockIO

/// One try of a request on one path, from issue to completion.
struct AttemptRecord: BitwiseCopyable, Codable, Sendable {
  var isOutstanding = false
  /// Its request has gone elsewhere or is over; only its answer is still awaited.
  var isGivenUp = false
  /// Its connection has ended: it says nothing about the path any more, and will be answered when it can land
  /// no more.
  var isCut = false
  /// Given up, and able to change the medium: later changes of `range` wait for it.
  var isGhost = false
  var operation = Operation.read
  var range = ByteRange.empty
  /// Goes up at every reuse of the place; 24 bits of it travel in the token.
  var generation: UInt32 = 0
  var request: UInt32 = RequestRecord.none
  /// Tells whether the request's slot is still that request's.
  var requestGeneration: UInt32 = 0
  var path = PathIndex(0)
  var issuedAt = Instant.zero
  /// FLUSH only: the device's write epoch when it was issued.
  var flushEpoch: UInt64 = 0
  /// The path's next and previous attempt; the next free place while not outstanding.
  var next = RequestRecord.none
  var previous = RequestRecord.none
}

/// The kinds of token the machine hands out.
public enum TokenKind {
  /// An attempt of a client's request.
  public static let attempt: UInt8 = 1
  /// A probe of a path out of service; the slot is the path's index.
  public static let probe: UInt8 = 2
}

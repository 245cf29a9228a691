public import BlockIO

/// One client request from its header to the last byte of its reply.
struct EngineRequest: BitwiseCopyable {
  enum Phase: UInt8, BitwiseCopyable {
    case vacant
    /// Has its place and buffer; a write's payload may still be on its way.
    case reserved
    /// Its payload is there; it waits until another session's change of the same bytes is over.
    case held
    /// With the decision machine.
    case running
    /// Over; the reply is queued or being sent.
    case answered
  }

  var phase = Phase.vacant
  var operation = Operation.read
  var flags = OperationFlags()
  /// The decision machine has had it, rather than the session having answered it at once.
  var wasSubmitted = false
  /// The client has gone: nobody waits for the reply.
  var isOrphan = false
  /// How `ChangeOwners` counts it.
  var isOwn = false
  var session: UInt32 = 0
  var cookie: UInt64 = 0
  var range = ByteRange.empty
  var buffer = BufferReference.none
  var errno: Int32 = 0
  /// Counts the changes that have had to wait.
  var arrival: UInt64 = 0
  var nextFree: UInt32 = Engine.noSlot
}

/// What a reply says: everything the session needs to phrase it.
public struct Reply: Sendable, BitwiseCopyable {
  public let session: UInt32
  public let cookie: UInt64
  /// 0 for success, else a positive errno to be mapped to the protocol's few.
  public let errno: Int32
  /// The data of a successful read; `.none` otherwise.
  public let buffer: BufferReference
  public let dataBytes: UInt32
}

/// What a session holds of what it shares with the others; kept by the session's owner, changed by the
/// engine.
public struct SessionAccount: Sendable, BitwiseCopyable {
  public internal(set) var slots: Int32 = 0
  public internal(set) var bytes: Int64 = 0

  public init() {}
}

internal import BlockIO
internal import Engine
internal import NBD

/// One NBD client connection. Its bytes live in `Memory`, its handshake in `Reactor.negotiations`.
struct Session: BitwiseCopyable {
  enum Phase: UInt8, BitwiseCopyable {
    case vacant
    /// Handshake: receives and sends by turns.
    case negotiating
    case serving
    /// The client has said that no more will come; what it asked is finished, then it is closed.
    case draining
    /// Shut down; waits for its receive and send to end.
    case closing
  }

  static let none = UInt32.max

  var phase = Phase.vacant
  var descriptor: Int32 = -1
  var device: UInt32 = 0
  /// By which of its device's listeners it came.
  var listener: UInt8 = 0
  var account = SessionAccount()
  /// What was agreed on in the handshake.
  var terms = ConnectionTerms()
  /// The size that its client was told.
  var exportBytes: UInt64 = 0

  /// The kernel's own client: what is not answered it asks again on its next connection.
  var isKernel = false
  /// Takes no further request, and goes to another process once it is at rest.
  var isLeaving = false
  /// Something that it asked cannot be answered as it should: to be closed rather than to be told so.
  var isCutOff = false

  /// Received and not yet parsed: `start..<end` of its receive area.
  var start = 0
  var end = 0
  var isReceiving = false
  /// No further bytes will come.
  var isAtEnd = false
  /// The write whose payload is arriving, and how much of it is there.
  var payloadSlot = Session.none
  var payloadDone = 0
  /// Payload of a refused write, still to be thrown away, and the request to answer after it.
  var swallowBytes = 0
  var swallowSlot = Session.none
  var swallowErrno: Int32 = 0
  /// Waits for a request place or a buffer; the next in line.
  var isStarved = false

  /// Replies ready to go, in order; linked through the device's reply links.
  var replyHead = Session.none
  var replyTail = Session.none
  /// Replies of the send in flight, and its length.
  var sendingHead = Session.none
  var sendingBytes = 0
  var isSending = false
  /// On the list of sessions with something to send.
  var isDirty = false
  /// Everything received has been understood to its end.
  var isBetweenRequests: Bool {
    start == end && payloadSlot == Session.none && swallowBytes == 0 && swallowSlot == Session.none
  }

  /// When the send in flight began; while negotiating, when the handshake did.
  var since = Instant.zero
  /// When its client was last heard.
  var heardAt = Instant.zero
}

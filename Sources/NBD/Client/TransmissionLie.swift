/// Why nothing that a server says in transmission is believed any more.
public enum TransmissionLie: Error, Hashable, Sendable, BitwiseCopyable {
  /// Neither kind of reply begins like this: one side lost step.
  case badReplyMagic(UInt32)
  case structuredNotNegotiated
  /// No request of this connection ever had the cookie.
  case unknownCookie(UInt64)
  /// The request was finished by an earlier reply.
  case answeredTwice(UInt64)
  /// With structured replies a READ may be answered by nothing else.
  case simpleReplyToRead(UInt64)
  /// A simple reply to a request that chunks have already answered in part.
  case mixedReplies(UInt64)
  /// Bit 15 is off, so that the chunk may carry an answer we cannot read.
  case unknownChunkType(UInt16)
  /// The length does not suit what the chunk's type and request say.
  case badChunkLength(type: UInt16, lengthBytes: UInt32)
  /// A message for people of more than 4096 bytes.
  case messageTooLong(lengthBytes: UInt32)
  /// NONE is the empty last chunk, and this one was not the last.
  case emptyChunkNotLast
  /// Data or a hole for a request that reads nothing.
  case contentWithoutRead(UInt64)
  case emptyContent
  case dataOutsideRequest(offsetBytes: UInt64, lengthBytes: UInt32)
  /// Bytes that were sent before; which of the two is true?
  case dataTwice(offsetBytes: UInt64, lengthBytes: UInt32)
  /// The last chunk came without an error, and bytes are missing.
  case dataMissing(UInt64)
  /// More separate runs than `NBDLimits.coveredRunsMax`.
  case tooManyRuns(UInt64)
  /// An error chunk that says 0.
  case errorWithoutNumber
  case errorOutsideRequest(offsetBytes: UInt64)
  case tooManyErrors(UInt64)

  /// For the event that an operator reads: what the server did.
  public var sentence: String {
    switch self {
    case .badReplyMagic(let magic):
      "server sent 0x\(String(magic, radix: 16)) where a reply begins"
    case .structuredNotNegotiated:
      "server sent a structured reply, which was not negotiated"
    case .unknownCookie(let cookie):
      "server answered a request that was never sent (cookie 0x\(String(cookie, radix: 16)))"
    case .answeredTwice(let cookie):
      "server answered a request twice (cookie 0x\(String(cookie, radix: 16)))"
    case .simpleReplyToRead:
      "server answered READ by a simple reply though structured replies were negotiated"
    case .mixedReplies: "server mixed a simple and a structured reply to one request"
    case .unknownChunkType(let type): "server sent a chunk of unknown type \(type)"
    case .badChunkLength(let type, let lengthBytes):
      "server sent a chunk of type \(type) with an impossible length of \(lengthBytes) bytes"
    case .messageTooLong(let lengthBytes):
      "server sent an error message of \(lengthBytes) bytes; 4096 are allowed"
    case .emptyChunkNotLast: "server sent an empty chunk that is not the last of its reply"
    case .contentWithoutRead: "server sent data for a request that is no READ"
    case .emptyContent: "server sent a hole of no bytes"
    case .dataOutsideRequest(let offsetBytes, let lengthBytes):
      "server sent \(lengthBytes) bytes at \(offsetBytes), outside what was read"
    case .dataTwice(let offsetBytes, let lengthBytes):
      "server sent bytes twice (\(lengthBytes) bytes at \(offsetBytes))"
    case .dataMissing: "server ended its reply to READ with bytes missing"
    case .tooManyRuns: "server sent the data of one READ in too many separate places"
    case .errorWithoutNumber: "server sent an error chunk with error 0"
    case .errorOutsideRequest(let offsetBytes):
      "server reported an error at \(offsetBytes), outside the request"
    case .tooManyErrors: "server sent too many errors in one reply"
    }
  }
}

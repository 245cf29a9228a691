/// A client's question which exports a server has, on a connection of its own.
///
/// For a hint to somebody who has asked for an export that is not there: the first names are enough, and a
/// server that says too much is not listened to.
public struct ExportListing: Sendable {
  /// Most names that are kept.
  public static let namesMax = 16

  public private(set) var names: [String] = []
  private var input: [UInt8] = []
  private var hasGreeted = false
  private var repliesSeen = 0

  private static let greetingBytes = 18

  public init() {}

  /// Takes the next bytes from the server and appends what to send; true when the list is over.
  public mutating func consume(
    _ bytes: [UInt8], output: inout [UInt8]
  ) throws(ClientNegotiationFailure) -> Bool {
    input += bytes
    if !hasGreeted {
      guard input.count >= Self.greetingBytes else { return false }
      try answerGreeting(&output)
    }
    while input.count >= OptionReplyHeader.encodedBytes {
      let header = try OptionReplyHeader(
        parsing: Array(input.prefix(OptionReplyHeader.encodedBytes)), asked: .list)
      let end = OptionReplyHeader.encodedBytes + Int(header.lengthBytes)
      guard input.count >= end else { return false }
      let data = Array(input[OptionReplyHeader.encodedBytes..<end])
      input.removeFirst(end)
      if try accept(header, data) {
        OptionRequest.append(.abort, into: &output)
        return true
      }
    }
    return false
  }

  private mutating func answerGreeting(
    _ output: inout [UInt8]
  ) throws(ClientNegotiationFailure) {
    let magic: UInt64 = ClientNegotiation.integer(input.prefix(8))
    guard magic == NBDMagic.greeting else { throw .notNBD(magic) }
    let option: UInt64 = ClientNegotiation.integer(input[8..<16])
    guard option == NBDMagic.option else { throw .badGreeting(option) }
    let flags = HandshakeFlags(rawValue: ClientNegotiation.integer(input[16..<18]))
    guard flags.contains(.fixedNewstyle) else { throw .notFixedNewstyle }
    input.removeFirst(Self.greetingBytes)
    hasGreeted = true
    output.appendBigEndian(ClientFlags.fixedNewstyle.rawValue)
    OptionRequest.append(.list, into: &output)
  }

  /// True when nothing follows.
  private mutating func accept(
    _ header: OptionReplyHeader, _ data: [UInt8]
  ) throws(ClientNegotiationFailure) -> Bool {
    guard repliesSeen < NBDLimits.repliesPerOptionMax else { throw .tooManyReplies(.list) }
    repliesSeen += 1
    switch header.type {
    case .acknowledge: return true
    case .server:
      var reader = ByteReader(data)
      guard let length: UInt32 = reader.integer(), let name = reader.bytes(count: Int(length)),
        WireText.isLegal(name)
      else { throw .malformedReply(.list) }
      if names.count < Self.namesMax { names.append(String(decoding: name, as: UTF8.self)) }
      return false
    case .info, .metaContext, .unsupported, .policy, .invalid, .platform, .tlsRequired,
      .unknownExport, .shutdown, .blockSizeRequired, .tooBig, .extendedHeadersRequired:
      throw .refused(header.type, message: ServerMessage.printable(data))
    }
  }
}

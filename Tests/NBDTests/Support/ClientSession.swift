import NBD

/// One connection of ours to a server that says whatever the test likes.
struct ClientSession {
  private var negotiation: ClientNegotiation
  private(set) var output: [UInt8] = []
  private(set) var consumedBytes = 0
  private(set) var state = ClientNegotiationState.needMore

  init(exportName: String = "disk", structured: Bool = false) {
    negotiation = ClientNegotiation(exportName: exportName, wantsStructuredReplies: structured)
  }

  /// Receives `bytes` in pieces until the handshake ends; returns how many were consumed.
  @discardableResult
  mutating func receive(_ bytes: [UInt8], pieceBytes: Int = .max) -> Int {
    var position = 0
    repeat {
      let count = min(pieceBytes, bytes.count - position)
      let piece = unsafe bytes.span.bytes.extracting(position..<(position + count))
      let progress = negotiation.consume(piece, output: &output)
      precondition((0...count).contains(progress.consumedBytes))
      state = progress.state
      position += progress.consumedBytes
      if state == .needMore { precondition(progress.consumedBytes == count) }
    } while state == .needMore && position < bytes.count
    consumedBytes += position
    return position
  }

  var failureAtEndOfInput: ClientNegotiationFailure { negotiation.failureAtEndOfInput }

  var export: NegotiatedExport? {
    if case .transmission(let export) = state { export } else { nil }
  }

  var failure: ClientNegotiationFailure? {
    if case .failed(let failure) = state { failure } else { nil }
  }

  mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  static func receiving(
    _ bytes: [UInt8], exportName: String = "disk", structured: Bool = false,
    pieceBytes: Int = .max
  ) -> ClientSession {
    var session = ClientSession(exportName: exportName, structured: structured)
    session.receive(bytes, pieceBytes: pieceBytes)
    return session
  }
}

/// What servers say to a client, by the protocol's numbers.
enum ServerSays {
  static let size: UInt64 = 1 << 30

  static func export(size: UInt64 = size, flags: UInt16 = 0x56d) -> [UInt8] {
    Bytes.reply(7, 3, Bytes.be16(0) + Bytes.be64(size) + Bytes.be16(flags))
  }

  static func blockSizes(_ minimum: UInt32, _ preferred: UInt32, _ maximum: UInt32) -> [UInt8] {
    Bytes.reply(
      7, 3, Bytes.be16(3) + Bytes.be32(minimum) + Bytes.be32(preferred) + Bytes.be32(maximum))
  }

  /// Everything a well-behaved server sends to GO, from the greeting on.
  static let opening = Bytes.greeting + export() + blockSizes(512, 4096, 1 << 25) + go
  static let go = Bytes.acknowledge(7)

  static func error(_ option: UInt32, _ code: UInt32, _ message: String = "") -> [UInt8] {
    Bytes.reply(option, 0x8000_0000 | code, Array(message.utf8))
  }
}

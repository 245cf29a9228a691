import NBD

/// One connection: a negotiation with what it was sent and what it answered.
struct Session {
  private var negotiation: ServerNegotiation
  private(set) var output: [UInt8] = []
  private(set) var consumedBytes = 0
  private(set) var state = NegotiationState.needMore

  init(
    exports: [ExportDescription] = Session.exports, defaultExport: Int? = 0,
    listsExports: Bool = true, tls: TLSPolicy = .none, isReadOnly: Bool = false
  ) {
    negotiation = ServerNegotiation(
      exports: exports, defaultExport: defaultExport, listsExports: listsExports, tls: tls,
      isReadOnly: isReadOnly)
    negotiation.start(into: &output)
  }

  /// Sends `bytes` in pieces, and again what was not consumed as a caller would; stops at the end.
  mutating func send(_ bytes: [UInt8], pieceBytes: Int = .max) {
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
  }

  var terms: ConnectionTerms { negotiation.terms }

  /// TLS is up, as the caller of the negotiation says.
  mutating func secured() {
    negotiation.secured()
    state = .needMore
  }

  /// What came after the greeting.
  var answer: [UInt8] { Array(output.dropFirst(18)) }

  static func answering(
    _ bytes: [UInt8], exports: [ExportDescription] = Session.exports, defaultExport: Int? = 0,
    listsExports: Bool = true, pieceBytes: Int = .max
  ) -> Session {
    var session = Session(
      exports: exports, defaultExport: defaultExport, listsExports: listsExports)
    session.send(bytes, pieceBytes: pieceBytes)
    return session
  }

  /// A session which has sent its flags and these options.
  static func haggling(_ options: [UInt8]..., clientFlags: UInt32 = 3) -> Session {
    answering(Bytes.clientFlags(clientFlags) + options.flatMap { $0 })
  }

  /// Flags 0x12d and 0x003 on the wire.
  static let exports = [
    ExportDescription(
      name: "disk", description: "two paths", sizeBytes: 0x1_0000_0200, minimumBlockBytes: 512,
      preferredBlockBytes: 4096, maximumPayloadBytes: 0x0200_0000,
      flags: [.sendFlush, .sendFUA, .sendTrim, .canMultiConnection]),
    ExportDescription(
      name: "caf\u{e9}", description: "", sizeBytes: 1 << 20, minimumBlockBytes: 4096,
      preferredBlockBytes: 65536, maximumPayloadBytes: 0x0010_0000, flags: [.readOnly]),
  ]

  /// The EXPORT info of `exports[0]` and `exports[1]`.
  static let exportInfos: [[UInt8]] = [
    [0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0x01, 0x2d],
    [0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0x00, 0x03],
  ]
}

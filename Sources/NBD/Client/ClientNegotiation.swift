/// The client's side of the fixed newstyle handshake, fed with bytes and answering with bytes.
///
/// It knows no socket and no clock: the caller bounds the time, sends the output and reads the
/// input. It trusts the server in nothing: every length is bounded before its data is read, so that
/// at most one reply of about 4 KiB is held, and an option has a bounded number of replies.
public struct ClientNegotiation: Sendable {
  let exportName: [UInt8]
  private let wantsStructuredReplies: Bool

  private var step = Step.magic
  /// The bytes of the present field so far; as long as the field at most.
  private var field: [UInt8] = []
  private var hasZeroes = true
  private var structuredReplies = false
  private var repliesSeen = 0
  var export: ExportInfo?
  var blockSizes: BlockSizes?

  /// What the next bytes are.
  private enum Step {
    case magic
    case optionMagic
    case handshakeFlags
    case replyHeader(NBDOption)
    case replyData(OptionReplyHeader)
    /// The reply to EXPORT_NAME, which has no header.
    case exportReply
    /// Transmission or failure: takes no further byte.
    case ended(ClientNegotiationState)
  }

  /// What EXPORT info and EXPORT_NAME reply say.
  struct ExportInfo: Equatable {
    let sizeBytes: UInt64
    let flags: TransmissionFlags
  }

  /// Traps on a name that is not `WireText.isLegal`; the empty name asks for the default export.
  public init(exportName: String, wantsStructuredReplies: Bool) {
    precondition(WireText.isLegal(exportName.utf8))
    self.exportName = Array(exportName.utf8)
    self.wantsStructuredReplies = wantsStructuredReplies
  }

  /// Takes the next bytes from the server, in pieces of any size, and appends what to send.
  ///
  /// It stops at the byte where transmission begins. After the end it consumes nothing and says
  /// the same again.
  public mutating func consume(
    _ bytes: RawSpan, output: inout [UInt8]
  ) -> ClientNegotiationProgress {
    var consumedBytes = 0
    while true {
      if case .ended(let state) = step {
        return ClientNegotiationProgress(consumedBytes: consumedBytes, state: state)
      }
      let count = min(fieldBytes - field.count, bytes.byteCount - consumedBytes)
      unsafe bytes.extracting(consumedBytes..<(consumedBytes + count)).withUnsafeBytes {
        unsafe field.append(contentsOf: $0)
      }
      consumedBytes += count
      guard field.count == fieldBytes else {
        return ClientNegotiationProgress(consumedBytes: consumedBytes, state: .needMore)
      }
      do {
        try advance(&output)
      } catch {
        // Harmless to a server that is going away, polite to one that only refused.
        if case .refused = error { OptionRequest.append(.abort, into: &output) }
        step = .ended(.failed(error))
      }
    }
  }

  /// What it means that the connection ends here.
  public var failureAtEndOfInput: ClientNegotiationFailure {
    switch step {
    case .magic, .optionMagic, .handshakeFlags, .replyHeader, .replyData: .hungUp
    case .exportReply: field.isEmpty ? .hungUpOnExportName : .hungUp
    case .ended(.failed(let failure)): failure
    case .ended(.needMore), .ended(.transmission): .hungUp
    }
  }

  /// How long the present field is; bounded by the steps that lead to it.
  private var fieldBytes: Int {
    switch step {
    case .magic, .optionMagic: 8
    case .handshakeFlags: 2
    case .replyHeader: OptionReplyHeader.encodedBytes
    case .replyData(let header): Int(header.lengthBytes)
    case .exportReply: hasZeroes ? 134 : 10
    case .ended: 0
    }
  }

  /// The present field is complete: acts on it and says what comes next.
  private mutating func advance(
    _ output: inout [UInt8]
  ) throws(ClientNegotiationFailure) {
    var data: [UInt8] = []
    swap(&data, &field)
    switch step {
    case .magic:
      let magic: UInt64 = ClientNegotiation.integer(data)
      guard magic == NBDMagic.greeting else { throw .notNBD(magic) }
      step = .optionMagic
    case .optionMagic:
      let magic: UInt64 = ClientNegotiation.integer(data)
      guard magic != NBDMagic.oldstyle else { throw .oldstyle }
      guard magic == NBDMagic.option else { throw .badGreeting(magic) }
      step = .handshakeFlags
    case .handshakeFlags:
      try answerGreeting(HandshakeFlags(rawValue: ClientNegotiation.integer(data)), &output)
    case .replyHeader(let option):
      try acceptHeader(OptionReplyHeader(parsing: data, asked: option))
    case .replyData(let header):
      try acceptReply(header, data, &output)
    case .exportReply:
      try acceptExport(data.prefix(10))
      step = .ended(.transmission(try negotiatedExport()))
    case .ended: break
    }
  }

  static func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ data: some Collection<UInt8>
  ) -> Value {
    data.reduce(0) { $0 << 8 | Value($1) }
  }

  /// Flags yet unknown offer something that need not be taken.
  private mutating func answerGreeting(
    _ flags: HandshakeFlags, _ output: inout [UInt8]
  ) throws(ClientNegotiationFailure) {
    guard flags.contains(.fixedNewstyle) else { throw .notFixedNewstyle }
    var answer = ClientFlags.fixedNewstyle
    if flags.contains(.noZeroes) {
      answer.insert(.noZeroes)
      hasZeroes = false
    }
    output.appendBigEndian(answer.rawValue)
    if wantsStructuredReplies {
      OptionRequest.append(.structuredReply, into: &output)
      step = .replyHeader(.structuredReply)
    } else {
      askToGo(&output)
    }
  }

  private mutating func askToGo(_ output: inout [UInt8]) {
    repliesSeen = 0
    OptionRequest.appendGo(name: exportName, infos: [.blockSize], into: &output)
    step = .replyHeader(.go)
  }

  private mutating func acceptHeader(
    _ header: OptionReplyHeader
  ) throws(ClientNegotiationFailure) {
    guard repliesSeen < NBDLimits.repliesPerOptionMax else {
      throw .tooManyReplies(header.option)
    }
    repliesSeen += 1
    step = .replyData(header)
  }

  private mutating func acceptReply(
    _ header: OptionReplyHeader, _ data: [UInt8], _ output: inout [UInt8]
  ) throws(ClientNegotiationFailure) {
    switch header.type {
    case .acknowledge where header.option == .go:
      step = .ended(.transmission(try negotiatedExport()))
    case .acknowledge:
      structuredReplies = true
      askToGo(&output)
    case .info:
      try acceptInfo(data)
      step = .replyHeader(header.option)
    case .tlsRequired, .shutdown:
      throw .refused(header.type, message: ServerMessage.printable(data))
    case .unsupported where header.option == .go:
      // The only error that the protocol answers by the older way in; what was said of the export
      // so far is void.
      export = nil
      blockSizes = nil
      OptionRequest.append(.exportName, data: exportName, into: &output)
      step = .exportReply
    case .server, .metaContext, .unsupported, .policy, .invalid, .platform, .unknownExport,
      .blockSizeRequired, .tooBig, .extendedHeadersRequired:
      // Whatever keeps a server from structured replies, simple ones do.
      guard header.option != .structuredReply else { return askToGo(&output) }
      throw .refused(header.type, message: ServerMessage.printable(data))
    }
  }

  private func negotiatedExport() throws(ClientNegotiationFailure) -> NegotiatedExport {
    guard let export else { throw .sizeMissing }
    let sizes = blockSizes ?? BlockSizes()
    guard export.sizeBytes % UInt64(sizes.minimumBytes) == 0 else {
      throw .sizeNotInBlocks(
        sizeBytes: export.sizeBytes, minimumBlockBytes: sizes.minimumBytes)
    }
    return NegotiatedExport(
      sizeBytes: export.sizeBytes,
      flags: export.flags.kept(structuredReplies: structuredReplies),
      minimumBlockBytes: sizes.minimumBytes, preferredBlockBytes: sizes.preferredBytes,
      maximumBlockBytes: sizes.maximumBytes, structuredReplies: structuredReplies)
  }
}

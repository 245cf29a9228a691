/// The server's side of the fixed newstyle handshake, fed with bytes and answering with bytes.
///
/// It knows no socket and no clock: the caller bounds the time, sends the output and reads the
/// input. Nothing is kept that was not bounded first: at most 8 KiB of option data are held,
/// whatever length a client announces, and output is small except for a listing, which is granted
/// a few times only.
public struct ServerNegotiation: Sendable {
  let exports: [ExportDescription]
  let defaultExport: Int?
  let listsExports: Bool
  /// Structured replies and what builds on them may be had.
  let offersChunks: Bool
  private let tls: TLSPolicy
  private var isSecured = false

  /// What has been agreed on; final once transmission has begun.
  public private(set) var terms: ConnectionTerms
  /// The export for which `base:allocation` was chosen.
  var contextExport: Int?
  var clientFlags: ClientFlags = []
  var listingsAnswered = 0
  private var optionsSeen = 0
  private var step = Step.greeting
  /// The bytes of the present field so far; as long as the field at most.
  private var field: [UInt8] = []

  /// What the next bytes are.
  private enum Step {
    /// Nothing sent yet; left by `start`.
    case greeting
    case clientFlags
    case optionHeader
    case optionData(CollectedOption, OptionReply, lengthBytes: Int)
    case skippedData(SkippedAnswer, OptionReply, remainingBytes: Int)
    /// Transmission or close: takes no further byte.
    case ended(NegotiationState)
  }

  /// An export is selected by its name, the one at `defaultExport` also by the empty name.
  public init(
    exports: [ExportDescription], defaultExport: Int?, listsExports: Bool = true,
    tls: TLSPolicy = .none, isReadOnly: Bool = false, offersChunks: Bool = true
  ) {
    precondition(defaultExport.map(exports.indices.contains) ?? true)
    self.exports = exports
    self.defaultExport = defaultExport
    self.listsExports = listsExports
    self.tls = tls
    self.offersChunks = offersChunks
    terms = ConnectionTerms(isReadOnly: isReadOnly)
  }

  /// The connection is not secured, and has to be before anything is told.
  var needsTLS: Bool { tls == .required && !isSecured }
  var canStartTLS: Bool { tls == .required }

  /// TLS is up. What was agreed on before came from anybody, and is forgotten.
  ///
  /// Called once, after `.startTLS`.
  public mutating func secured() {
    guard case .ended(.startTLS) = step else { preconditionFailure("no STARTTLS was asked") }
    isSecured = true
    terms = ConnectionTerms(isReadOnly: terms.isReadOnly)
    contextExport = nil
    step = .optionHeader
  }

  /// The client takes replies in a new style.
  mutating func use(_ replies: ReplyStyle) { terms.replies = replies }

  /// Transmission begins on this export.
  mutating func open(_ export: Int) { terms.hasAllocation = contextExport == export }

  /// Writes the greeting, which the server sends unasked.
  ///
  /// Called once, and before any `consume`.
  public mutating func start(into output: inout [UInt8]) {
    guard case .greeting = step else { preconditionFailure("greeted already") }
    let flags: HandshakeFlags = [.fixedNewstyle, .noZeroes]
    output.appendBigEndian(NBDMagic.greeting)
    output.appendBigEndian(NBDMagic.option)
    output.appendBigEndian(flags.rawValue)
    step = .clientFlags
  }

  /// Takes the next bytes from the client, in pieces of any size, and appends the answers.
  ///
  /// It stops at the byte where transmission begins, so that requests sent along with GO are left
  /// for whoever serves them. After the end it consumes nothing and says the same again.
  public mutating func consume(
    _ bytes: RawSpan, output: inout [UInt8]
  ) -> NegotiationProgress {
    var consumedBytes = 0
    while true {
      if case .ended(let state) = step {
        return NegotiationProgress(consumedBytes: consumedBytes, state: state)
      }
      consumedBytes += take(bytes.extracting(droppingFirst: consumedBytes))
      guard missingBytes == 0 else {
        return NegotiationProgress(consumedBytes: consumedBytes, state: .needMore)
      }
      advance(&output)
    }
  }

  /// How much of the present field is still to come.
  private var missingBytes: Int {
    switch step {
    case .greeting: preconditionFailure("consume before start")
    case .clientFlags: 4 - field.count
    case .optionHeader: 16 - field.count
    case .optionData(_, _, let lengthBytes): lengthBytes - field.count
    case .skippedData(_, _, let remainingBytes): remainingBytes
    case .ended: 0
    }
  }

  /// Moves input into the present field, or past it when it is skipped; returns how much.
  private mutating func take(_ bytes: RawSpan) -> Int {
    let count = min(missingBytes, bytes.byteCount)
    if case .skippedData(let answer, let reply, let remainingBytes) = step {
      step = .skippedData(answer, reply, remainingBytes: remainingBytes - count)
    } else {
      unsafe bytes.extracting(first: count).withUnsafeBytes {
        unsafe field.append(contentsOf: $0)
      }
    }
    return count
  }

  /// The present field is complete: acts on it and says what comes next.
  private mutating func advance(_ output: inout [UInt8]) {
    var data: [UInt8] = []
    swap(&data, &field)
    switch step {
    case .greeting: preconditionFailure("consume before start")
    case .clientFlags: acceptClientFlags(data)
    case .optionHeader: acceptOptionHeader(data)
    case .optionData(let option, let reply, _):
      let state =
        switch option {
        case .exportName: answerExportName(data, &output)
        case .info: answerInfo(data, reply, &output)
        case .go: answerGo(data, reply, &output)
        case .listContexts: answerListContexts(data, reply, &output)
        case .setContexts: answerSetContexts(data, reply, &output)
        }
      proceed(state)
    case .skippedData(let answer, let reply, _):
      let state =
        switch answer {
        case .refuse(let refusal): refuse(refusal, reply, &output)
        case .listExports: answerList(reply, &output)
        case .acknowledgeAbort: answerAbort(reply, &output)
        case .startTLS: answerStartTLS(reply, &output)
        case .useReplies(let style): answerReplies(style, reply, &output)
        }
      proceed(state)
    case .ended: break
    }
  }

  private mutating func proceed(_ state: NegotiationState) {
    switch state {
    case .needMore: step = .optionHeader
    case .transmission, .startTLS, .close: step = .ended(state)
    }
  }

  private mutating func acceptClientFlags(_ data: [UInt8]) {
    var reader = ByteReader(data)
    guard let rawFlags = reader.integer(UInt32.self) else {
      preconditionFailure("the field is complete")
    }
    let flags = ClientFlags(rawValue: rawFlags)
    clientFlags = flags
    proceed(
      flags.isSubset(of: .known)
        ? .needMore : .close(reason: .unknownClientFlags(flags.rawValue)))
  }

  private mutating func acceptOptionHeader(_ data: [UInt8]) {
    var reader = ByteReader(data)
    guard let magic = reader.integer(UInt64.self), let option = reader.integer(UInt32.self),
      let lengthBytes = reader.integer(UInt32.self)
    else { preconditionFailure("the field is complete") }
    guard magic == NBDMagic.option else {
      return proceed(.close(reason: .badOptionMagic(magic)))
    }
    guard optionsSeen < NBDLimits.optionsMax else {
      return proceed(.close(reason: .tooManyOptions))
    }
    optionsSeen += 1
    let reply = OptionReply(option: option)
    switch plan(option: option, lengthBytes: lengthBytes) {
    case .collect(let collected):
      step = .optionData(collected, reply, lengthBytes: Int(lengthBytes))
    case .skip(let answer):
      step = .skippedData(answer, reply, remainingBytes: Int(lengthBytes))
    case .close(let reason):
      proceed(.close(reason: reason))
    }
  }
}

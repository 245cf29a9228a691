/// Why a client gives up a connection before transmission.
public enum ClientNegotiationFailure: Error, Hashable, Sendable {
  /// The first 8 bytes are not the protocol's: something else listens there.
  case notNBD(UInt64)
  case oldstyle
  case badGreeting(UInt64)
  /// A server that cannot refuse an option, only hang up.
  case notFixedNewstyle
  case badReplyMagic(UInt64)
  case replyToOtherOption(asked: NBDOption, answered: UInt32)
  /// A reply of a type that the option does not have, known or not.
  case unexpectedReply(NBDOption, type: UInt32)
  case replyTooLong(NBDOption, lengthBytes: UInt32)
  /// The data of a reply does not have the length or the text that its type demands.
  case malformedReply(NBDOption)
  case tooManyReplies(NBDOption)
  /// A second info that contradicts the first.
  case contradictoryInfo
  case sizeMissing
  case sizeTooLarge(UInt64)
  case sizeNotInBlocks(sizeBytes: UInt64, minimumBlockBytes: UInt32)
  case flagsMissing(UInt16)
  case senselessBlockSizes(minimumBytes: UInt32, preferredBytes: UInt32, maximumBytes: UInt32)
  /// The server answered with an error; its message is printable and may be empty.
  case refused(OptionReplyType, message: String)
  /// The connection ended though nothing was wrong so far.
  case hungUp
  /// EXPORT_NAME knows no error: a server that hangs up has no such export, or does not show it.
  case hungUpOnExportName

  /// What is wrong, and where it helps what to do about it.
  public var sentence: String {
    switch self {
    case .notNBD: "this is not an NBD server; check host and port"
    case .oldstyle, .notFixedNewstyle:
      "server speaks an NBD handshake from before 2011; use a server with fixed newstyle"
    case .badGreeting: "server began like an NBD server and went on differently"
    case .badReplyMagic: "server lost step in the handshake"
    case .replyToOtherOption(let asked, let answered):
      "server answered option \(answered) when option \(asked.rawValue) was asked"
    case .unexpectedReply(let option, let type):
      "server answered option \(option.rawValue) by a reply of type \(type)"
    case .replyTooLong(let option, let lengthBytes):
      "server answered option \(option.rawValue) by \(lengthBytes) bytes, more than is allowed"
    case .malformedReply(let option):
      "server answered option \(option.rawValue) by a malformed reply"
    case .tooManyReplies(let option):
      "server does not stop answering option \(option.rawValue)"
    case .contradictoryInfo: "server described the export twice, and differently"
    case .sizeMissing: "server opened the export without telling its size"
    case .sizeTooLarge(let sizeBytes): "server claims an export of \(sizeBytes) bytes"
    case .sizeNotInBlocks(let sizeBytes, let minimumBlockBytes):
      "export has \(sizeBytes) bytes, no multiple of the server's block of \(minimumBlockBytes)"
    case .flagsMissing(let flags):
      "server sent transmission flags 0x\(String(flags, radix: 16)), which say nothing"
    case .senselessBlockSizes(let minimumBytes, let preferredBytes, let maximumBytes):
      "server demands impossible block sizes (\(minimumBytes), \(preferredBytes), \(maximumBytes))"
    case .refused(let type, let message):
      message.isEmpty ? type.refusalSentence : "\(type.refusalSentence); it says: \(message)"
    case .hungUp: "server hung up during the handshake"
    case .hungUpOnExportName:
      "server hung up when asked for the export; check the export's name"
    }
  }
}

extension OptionReplyType {
  /// What an error reply to GO means to the person who gave the export's address.
  fileprivate var refusalSentence: String {
    switch self {
    case .unsupported: "server does not know how to open an export"
    case .policy: "server does not allow this client to open the export"
    case .invalid: "server finds our request invalid"
    case .platform: "server cannot serve the export on its platform"
    case .tlsRequired: "server demands TLS; allow plain connections there"
    case .unknownExport: "server has no export of this name; check the name"
    case .shutdown: "server is shutting down"
    case .blockSizeRequired: "server demands that block sizes are asked for, though they were"
    case .tooBig: "server finds our request too long"
    case .extendedHeadersRequired: "server demands extended headers, which are not supported"
    case .acknowledge, .server, .info, .metaContext: "server refused"
    }
  }
}

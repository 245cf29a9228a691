/// The 20 bytes in front of an option reply's data, checked before any of the data is read.
struct OptionReplyHeader {
  static let encodedBytes = 20

  let option: NBDOption
  let type: OptionReplyType
  let lengthBytes: UInt32

  /// Takes the header of a reply to `asked`; bounds the data by what the type may carry.
  init(
    parsing bytes: [UInt8], asked: NBDOption
  ) throws(ClientNegotiationFailure) {
    var reader = ByteReader(bytes)
    guard let magic = reader.integer(UInt64.self), let option = reader.integer(UInt32.self),
      let rawType = reader.integer(UInt32.self), let lengthBytes = reader.integer(UInt32.self)
    else { preconditionFailure("the field is complete") }
    guard magic == NBDMagic.optionReply else { throw .badReplyMagic(magic) }
    guard option == asked.rawValue else {
      throw .replyToOtherOption(asked: asked, answered: option)
    }
    let type = try OptionReplyHeader.type(rawType, of: asked)
    let lengthMax =
      switch type {
      case .acknowledge: 0
      case .info: 2 + NBDLimits.stringBytesMax
      case .server, .metaContext, .unsupported, .policy, .invalid, .platform, .tlsRequired,
        .unknownExport, .shutdown, .blockSizeRequired, .tooBig, .extendedHeadersRequired:
        NBDLimits.stringBytesMax
      }
    guard lengthBytes <= lengthMax else {
      throw .replyTooLong(asked, lengthBytes: lengthBytes)
    }
    self.option = asked
    self.type = type
    self.lengthBytes = lengthBytes
  }

  /// The types that an option of ours may be answered by.
  ///
  /// An error yet unknown is as good as one that says «invalid»: the option failed.
  private static func type(
    _ rawType: UInt32, of option: NBDOption
  ) throws(ClientNegotiationFailure) -> OptionReplyType {
    if rawType & 0x8000_0000 != 0 { return OptionReplyType(rawValue: rawType) ?? .invalid }
    switch OptionReplyType(rawValue: rawType) {
    case .acknowledge: return .acknowledge
    case .info where option == .go: return .info
    case .server where option == .list: return .server
    case nil, .info, .server, .metaContext, .unsupported, .policy, .invalid, .platform,
      .tlsRequired, .unknownExport, .shutdown, .blockSizeRequired, .tooBig,
      .extendedHeadersRequired:
      throw .unexpectedReply(option, type: rawType)
    }
  }
}

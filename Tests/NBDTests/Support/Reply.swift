import Testing

/// One option reply, taken apart.
struct Reply: Equatable {
  var option: UInt32
  var type: UInt32
  var data: [UInt8]

  /// Takes a whole answer apart; a byte too many or too few is a failure.
  static func parse(_ bytes: [UInt8]) throws -> [Reply] {
    var rest = bytes[...]
    var replies: [Reply] = []
    func field(_ count: Int) throws -> UInt64 {
      try #require(rest.count >= count)
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }
    while !rest.isEmpty {
      try #require(try field(8) == 0x0003_e889_0455_65a9)
      let option = UInt32(try field(4))
      let type = UInt32(try field(4))
      let count = Int(try field(4))
      try #require(rest.count >= count)
      replies.append(Reply(option: option, type: type, data: Array(rest.prefix(count))))
      rest = rest.dropFirst(count)
    }
    return replies
  }

  /// Expects exactly one error reply with a message for people.
  static func expectRefusal(
    _ session: Session, option: UInt32, type: UInt32,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let replies = try parse(session.answer)
    try #require(replies.count == 1, sourceLocation: sourceLocation)
    #expect(replies[0].option == option, sourceLocation: sourceLocation)
    #expect(replies[0].type == type, sourceLocation: sourceLocation)
    #expect((1...4096).contains(replies[0].data.count), sourceLocation: sourceLocation)
    #expect(
      String(validating: replies[0].data, as: UTF8.self) != nil, sourceLocation: sourceLocation)
  }
}

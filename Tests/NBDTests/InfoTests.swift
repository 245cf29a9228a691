import NBD
import Testing

/// 6 and 7: every test of both runs for each.
@Suite("INFO and GO")
struct InfoTests {
  private static let both: [UInt32] = [6, 7]

  private func expectSuccess(_ session: Session, _ option: UInt32, index: Int) {
    #expect(session.state == (option == 7 ? .transmission(exportIndex: index) : .needMore))
  }

  @Test("size and flags come unasked, and nothing else", arguments: both)
  func minimal(option: UInt32) {
    let session = Session.haggling(Bytes.option(option, Bytes.infoData("disk")))
    #expect(
      session.answer
        == Bytes.reply(option, 3, Session.exportInfos[0]) + Bytes.acknowledge(option))
    expectSuccess(session, option, index: 0)
  }

  @Test("everything asked for comes once, in the order of the ids", arguments: both)
  func everything(option: UInt32) {
    let data = Bytes.infoData("disk", [3, 1, 2, 0])
    let session = Session.haggling(Bytes.option(option, data))
    let block: [UInt8] = [0, 3, 0, 0, 2, 0, 0, 0, 0x10, 0, 2, 0, 0, 0]
    #expect(
      session.answer
        == Bytes.reply(option, 3, Session.exportInfos[0])
        + Bytes.reply(option, 3, [0, 1] + Array("disk".utf8))
        + Bytes.reply(option, 3, [0, 2] + Array("two paths".utf8))
        + Bytes.reply(option, 3, block) + Bytes.acknowledge(option))
    expectSuccess(session, option, index: 0)
  }

  @Test("an empty description is not sent", arguments: both)
  func noDescription(option: UInt32) {
    let session = Session.haggling(Bytes.option(option, Bytes.infoData("caf\u{e9}", [2])))
    #expect(
      session.answer
        == Bytes.reply(option, 3, Session.exportInfos[1]) + Bytes.acknowledge(option))
    expectSuccess(session, option, index: 1)
  }

  @Test("the empty name opens the default export, whose own name is told", arguments: both)
  func defaultName(option: UInt32) {
    let session = Session.haggling(Bytes.option(option, Bytes.infoData("", [1])))
    #expect(
      session.answer
        == Bytes.reply(option, 3, Session.exportInfos[0])
        + Bytes.reply(option, 3, [0, 1] + Array("disk".utf8)) + Bytes.acknowledge(option))
    expectSuccess(session, option, index: 0)
  }

  // h18
  @Test("unknown info ids are passed over", arguments: both)
  func unknownIDs(option: UInt32) {
    let data = Bytes.infoData("disk", [4, 0x7fff, 0xffff, 0x8000, 0x0103])
    let session = Session.haggling(Bytes.option(option, data))
    #expect(
      session.answer
        == Bytes.reply(option, 3, Session.exportInfos[0]) + Bytes.acknowledge(option))
    expectSuccess(session, option, index: 0)
  }

  // h20
  @Test("an id repeated 4000 times is answered once", arguments: both)
  func repeatedIDs(option: UInt32) {
    let data = Bytes.infoData("disk", [UInt16](repeating: 1, count: 4000))
    let session = Session.haggling(Bytes.option(option, data))
    #expect(
      session.answer
        == Bytes.reply(option, 3, Session.exportInfos[0])
        + Bytes.reply(option, 3, [0, 1] + Array("disk".utf8)) + Bytes.acknowledge(option))
  }

  // h20
  @Test("30000 infos are too big, and the connection goes on", arguments: both)
  func tooManyIDs(option: UInt32) throws {
    let data = Bytes.infoData("disk", [UInt16](repeating: 3, count: 30000))
    var session = Session.haggling(Bytes.option(option, data))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0009)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  // h16
  @Test("an unknown export is refused, and the connection goes on", arguments: both)
  func unknown(option: UInt32) throws {
    var session = Session.haggling(Bytes.option(option, Bytes.infoData("nodisk", [3])))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0006)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  @Test("names are compared by bytes: another spelling of the accent is another name")
  func normalization() throws {
    let session = Session.haggling(Bytes.option(6, Bytes.infoData("cafe\u{301}")))
    try Reply.expectRefusal(session, option: 6, type: 0x8000_0006)
  }

  private static let malformed: [[UInt8]] = [
    [],
    [0],
    Bytes.be32(0),
    Bytes.be32(0) + [0],
    Array(Bytes.infoData("disk").dropLast()),
    Bytes.infoData("disk") + [0],
    Bytes.infoData("disk", [0]) + [0],
    Array(Bytes.infoData("disk", [0, 1]).dropLast()),
    Bytes.be32(4) + Array("disk".utf8) + Bytes.be16(0xffff),
    Bytes.be32(5) + Array("disk".utf8) + Bytes.be16(0),
    Bytes.be32(7) + Array("disk".utf8) + Bytes.be16(0),
    Bytes.be32(3) + Array("disk".utf8) + Bytes.be16(0),
    Bytes.be32(0xffff_ffff) + Array("disk".utf8) + Bytes.be16(0),
    Bytes.be32(0x8000_0000) + Array("disk".utf8) + Bytes.be16(0),
    Bytes.be32(0xffff_fffa) + Array("disk".utf8) + Bytes.be16(0),
    Bytes.be32(4) + Array("disk".utf8) + Bytes.be16(1),
    // h19, h21, h22
    Bytes.infoData([UInt8](repeating: 0x61, count: 4097)),
    Bytes.infoData("disk\0junk"),
    Bytes.infoData("disk\0"),
    Bytes.infoData([0xff, 0xfe, 0xfd]),
    Bytes.infoData([0x64, 0x69, 0x73, 0x6b, 0xc0, 0x80]),
  ]

  // h17, h19, h21, h22
  @Test(
    "malformed data is refused, and the connection goes on", arguments: both, malformed)
  func malformedData(option: UInt32, data: [UInt8]) throws {
    var session = Session.haggling(Bytes.option(option, data))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0003)
    #expect(session.state == .needMore)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  // h23
  @Test("INFO and a later GO say the same")
  func equal() throws {
    let data = Bytes.infoData("disk", [0, 1, 2, 3])
    let session = Session.haggling(Bytes.option(6, data), Bytes.option(7, data))
    let replies = try Reply.parse(session.answer)
    let half = replies.count / 2
    #expect(replies.count == 10)
    #expect(replies.prefix(half).map(\.data) == replies.suffix(half).map(\.data))
    #expect(replies.prefix(half).map(\.type) == replies.suffix(half).map(\.type))
  }
}

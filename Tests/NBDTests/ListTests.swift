import NBD
import Testing

@Suite("LIST")
struct ListTests {
  // h25
  @Test("names every export with its description, then acknowledges")
  func listing() {
    let session = Session.haggling(Bytes.option(3))
    let first = Bytes.be32(4) + Array("disktwo paths".utf8)
    let second = Bytes.be32(5) + Array("caf\u{e9}".utf8)
    #expect(
      session.answer == Bytes.reply(3, 2, first) + Bytes.reply(3, 2, second)
        + Bytes.acknowledge(3))
    #expect(session.state == .needMore)
  }

  @Test("of nothing is an acknowledgement")
  func empty() {
    let session = Session.answering(
      Bytes.clientFlags() + Bytes.option(3), exports: [], defaultExport: nil)
    #expect(session.answer == Bytes.acknowledge(3))
  }

  // h24
  @Test("with data is invalid", arguments: [1, 16, 8192])
  func data(dataBytes: Int) throws {
    let session = Session.haggling(Bytes.option(3, [UInt8](repeating: 0x49, count: dataBytes)))
    try Reply.expectRefusal(session, option: 3, type: 0x8000_0003)
    #expect(session.state == .needMore)
  }

  @Test("is refused by policy when it is switched off, and names still open")
  func off() throws {
    var session = Session.answering(Bytes.clientFlags() + Bytes.option(3), listsExports: false)
    try Reply.expectRefusal(session, option: 3, type: 0x8000_0002)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  @Test("is answered eight times, then refused by policy")
  func repeated() throws {
    var session = Session.haggling()
    session.send((0..<10).flatMap { _ in Bytes.option(3) })
    let types = try Reply.parse(session.answer).map(\.type)
    let eight = (0..<8).flatMap { _ in [2, 2, 1] as [UInt32] }
    #expect(types == eight + [0x8000_0002, 0x8000_0002])
    #expect(session.state == .needMore)
  }
}

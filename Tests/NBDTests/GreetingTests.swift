import NBD
import Testing

@Suite("Greeting and client flags")
struct GreetingTests {
  // h01
  @Test("the server greets first with both magics and its two flags")
  func greeting() {
    #expect(Session().output == Bytes.greeting)
  }

  @Test("known client flags are answered by silence", arguments: [0, 1, 2, 3] as [UInt32])
  func knownFlags(flags: UInt32) {
    let session = Session.haggling(clientFlags: flags)
    #expect(session.state == .needMore)
    #expect(session.answer == [])
    #expect(session.consumedBytes == 4)
  }

  // h03
  @Test("an unknown client flag ends the connection", arguments: 2..<32)
  func unknownFlag(bit: UInt32) {
    let flags: UInt32 = 1 << bit | 3
    let session = Session.haggling(Bytes.option(3), clientFlags: flags)
    #expect(session.state == .close(reason: .unknownClientFlags(flags)))
    #expect(session.answer == [])
    #expect(session.consumedBytes == 4)
  }

  // h04
  @Test("cut client flags wait for the rest", arguments: 0..<4)
  func cutFlags(count: Int) {
    let session = Session.answering(Array(Bytes.clientFlags().prefix(count)))
    #expect(session.state == .needMore)
    #expect(session.answer == [])
  }

  @Test(
    "without C_FIXED_NEWSTYLE any option but EXPORT_NAME ends the connection",
    arguments: [0, 2, 3, 5, 6, 7, 8, 0xffff_ffff] as [UInt32])
  func notFixed(option: UInt32) {
    let session = Session.haggling(Bytes.option(option), clientFlags: 2)
    #expect(session.state == .close(reason: .optionWithoutFixedNewstyle(option: option)))
    #expect(session.answer == [])
  }

  @Test("without C_FIXED_NEWSTYLE an export opens by EXPORT_NAME", arguments: [0, 2] as [UInt32])
  func notFixedExportName(flags: UInt32) {
    let session = Session.haggling(Bytes.option(1, Array("disk".utf8)), clientFlags: flags)
    #expect(session.state == .transmission(exportIndex: 0))
  }
}

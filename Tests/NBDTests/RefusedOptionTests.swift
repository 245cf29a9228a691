import NBD
import Testing

@Suite("Options this server does not have")
struct RefusedOptionTests {
  // h06, h07 and the withdrawn PEEK_EXPORT
  @Test(
    "are refused as unsupported after exactly their data, and the connection goes on",
    arguments: [0, 4, 12, 0x0765_4321, 0xffff_ffff] as [UInt32],
    [0, 1, 65536, 1 << 20])
  func unsupported(option: UInt32, dataBytes: Int) throws {
    // Data that looks like options must not be read as such.
    let data = Array(
      repeatElement(Bytes.option(2), count: dataBytes / 16 + 1).joined().prefix(dataBytes))
    var session = Session.haggling(Bytes.option(option, data))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0001)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  // h29
  @Test("STARTTLS is unsupported")
  func startTLS() throws {
    let session = Session.haggling(Bytes.option(5))
    try Reply.expectRefusal(session, option: 5, type: 0x8000_0001)
    #expect(session.state == .needMore)
  }

  // x03
  @Test("STARTTLS with data is invalid, and what it smuggles is not answered")
  func startTLSWithData() throws {
    let session = Session.haggling(Bytes.option(5, Bytes.option(3)))
    try Reply.expectRefusal(session, option: 5, type: 0x8000_0003)
    #expect(session.state == .needMore)
  }
}

import NBD
import Testing

@Suite("Limits of the handshake")
struct NegotiationLimitTests {
  // h08, h09
  @Test(
    "an option longer than 1 MiB ends the connection at its header",
    arguments: [0, 2, 3, 5, 6, 7, 9, 0xffff_ffff] as [UInt32],
    [(1 << 20) + 1, 1 << 24, 0xffff_ffff] as [UInt32])
  func closes(option: UInt32, lengthBytes: UInt32) {
    var session = Session.haggling(Bytes.optionHeader(option, length: lengthBytes))
    session.send([0, 0, 0])
    #expect(
      session.state == .close(reason: .optionTooLong(option: option, lengthBytes: lengthBytes)))
    #expect(session.answer == [])
    #expect(session.consumedBytes == 20)
  }

  @Test(
    "a known option above 8 KiB is too big, and the connection goes on",
    arguments: [3, 5, 6, 7] as [UInt32], [8193, 1 << 20])
  func tooBig(option: UInt32, dataBytes: Int) throws {
    let data = [UInt8](repeating: 0x49, count: dataBytes)
    var session = Session.haggling(Bytes.option(option, data))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0009)
    #expect(session.state == .needMore)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  @Test("8192 bytes of GO are read")
  func longest() {
    // 4 + 0 + 2 + 2n = 8192
    let data = Bytes.infoData("", [UInt16](repeating: 9, count: 4093))
    #expect(data.count == 8192)
    #expect(Session.haggling(Bytes.option(7, data)).state == .transmission(exportIndex: 0))
  }

  // h37, h38
  @Test("128 options are answered, in one packet too, and the next ends the connection")
  func manyOptions() throws {
    var session = Session.haggling()
    session.send((0..<128).flatMap { _ in Bytes.option(0x99) })
    #expect(session.state == .needMore)
    #expect(try Reply.parse(session.answer).count == 128)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .close(reason: .tooManyOptions))
    #expect(try Reply.parse(session.answer).count == 128)
  }

  // h05, h40
  @Test(
    "anything but the option magic ends the connection",
    arguments: [
      Bytes.request(type: 0, length: 512),
      Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
      [UInt8](repeating: 0, count: 64),
      [UInt8](repeating: 0xff, count: 64),
      Array("IHAVEOPU".utf8) + Bytes.be32(7) + Bytes.be32(0),
      Array("NBDMAGIC".utf8) + Bytes.be32(7) + Bytes.be32(0),
    ])
  func badMagic(bytes: [UInt8]) {
    let session = Session.haggling(bytes)
    let magic = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    #expect(session.state == .close(reason: .badOptionMagic(magic)))
    #expect(session.answer == [])
  }

  // h39
  @Test("a client of another protocol is dropped at its first bytes")
  func otherProtocols() {
    for text in ["GET / HTTP/1.1\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n", "\u{16}\u{3}\u{1}\u{2}xxxxxx"] {
      let session = Session.answering(Array(text.utf8))
      guard case .close(reason: .unknownClientFlags) = session.state else {
        Issue.record("served \(text)")
        continue
      }
      #expect(session.answer == [])
    }
  }
}

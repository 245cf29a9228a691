import NBD
import Testing

@Suite("EXPORT_NAME")
struct ExportNameTests {
  private static let sizeAndFlags: [UInt8] = [0, 0, 0, 1, 0, 0, 2, 0, 0x01, 0x2d]

  // h15
  @Test("the reply is 10 bytes with C_NO_ZEROES")
  func short() {
    let session = Session.haggling(Bytes.option(1, Array("disk".utf8)))
    #expect(session.answer == Self.sizeAndFlags)
    #expect(session.state == .transmission(exportIndex: 0))
  }

  // h15
  @Test("the reply is 134 bytes without C_NO_ZEROES")
  func long() {
    let session = Session.haggling(Bytes.option(1, Array("disk".utf8)), clientFlags: 1)
    #expect(session.answer == Self.sizeAndFlags + [UInt8](repeating: 0, count: 124))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  // h44
  @Test("the empty name opens the default export")
  func defaultExport() {
    let input = Bytes.clientFlags() + Bytes.option(1)
    let session = Session.answering(input, defaultExport: 1)
    #expect(session.answer == [0, 0, 0, 0, 0, 0x10, 0, 0, 0, 3])
    #expect(session.state == .transmission(exportIndex: 1))
  }

  @Test("the empty name opens nothing without a default export")
  func noDefault() {
    let session = Session.answering(Bytes.clientFlags() + Bytes.option(1), defaultExport: nil)
    #expect(session.answer == [])
    #expect(session.state == .close(reason: .exportNameUnknown))
  }

  // h14
  @Test("an unknown name ends the session without a byte", arguments: ["dis", "disk2", "DISK"])
  func unknown(name: String) {
    let session = Session.haggling(Bytes.option(1, Array(name.utf8)))
    #expect(session.answer == [])
    #expect(session.state == .close(reason: .exportNameUnknown))
  }

  // h21, h22
  @Test(
    "a name with NUL or broken UTF-8 ends the session",
    arguments: [Array("disk\0junk".utf8), Array("disk\0".utf8), [0], [0xff, 0xfe], [0xc3]])
  func illegal(name: [UInt8]) {
    let session = Session.haggling(Bytes.option(1, name))
    #expect(session.answer == [])
    #expect(session.state == .close(reason: .exportNameIllegal))
  }

  // h13
  @Test(
    "a name above 4096 bytes ends the session at its header",
    arguments: [4097, 8193, 1 << 20] as [UInt32])
  func tooLong(lengthBytes: UInt32) {
    var session = Session.haggling(Bytes.optionHeader(1, length: lengthBytes))
    #expect(session.state == .close(reason: .exportNameIllegal))
    session.send([1, 2, 3])
    #expect(session.consumedBytes == 20)
    #expect(session.answer == [])
  }

  @Test("a name of 4096 bytes is looked up")
  func longest() {
    let name = String(repeating: "n", count: 4096)
    let session = Session.answering(
      Bytes.clientFlags() + Bytes.option(1, Array(name.utf8)),
      exports: [Samples.export(name: name)], defaultExport: nil)
    #expect(session.state == .transmission(exportIndex: 0))
  }
}

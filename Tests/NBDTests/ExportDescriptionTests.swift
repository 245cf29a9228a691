import NBD
import Testing

@Suite("Export descriptions")
struct ExportDescriptionTests {
  @Test("always say that their flags mean something")
  func hasFlags() {
    #expect(Samples.export().flags.rawValue == 1)
  }

  @Test("hand their numbers to the request check")
  func limits() {
    #expect(
      Session.exports[0].limits
        == RequestLimits(
          sizeBytes: 0x1_0000_0200, minimumBlockBytes: 512, maximumPayloadBytes: 0x0200_0000,
          flags: [.hasFlags, .sendFlush, .sendFUA, .sendTrim, .canMultiConnection]))
  }

  @Test("a text is legal up to 4096 bytes of UTF-8 without NUL")
  func texts() {
    #expect(WireText.isLegal([]))
    #expect(WireText.isLegal([UInt8](repeating: 0x61, count: 4096)))
    #expect(WireText.isLegal("caf\u{e9}".utf8))
    #expect(!WireText.isLegal([UInt8](repeating: 0x61, count: 4097)))
    #expect(!WireText.isLegal([0x61, 0]))
    #expect(!WireText.isLegal([0xc3]))
    #expect(!WireText.isLegal([0xed, 0xa0, 0x80]))
  }

  @Test("a promise that simple replies cannot keep traps")
  func trapsOnDontFragment() async {
    await #expect(processExitsWith: .failure) {
      _ = ExportDescription(
        name: "x", description: "", sizeBytes: 0, minimumBlockBytes: 1, preferredBlockBytes: 512,
        maximumPayloadBytes: 512, flags: [.sendDontFragment])
    }
  }
}

import Label
import Testing

/// The bytes that FreeBSD writes, worked out by an encoder that is not ours.
@Suite struct GoldenTests {
  /// Bytes 0 to 15 of every label.
  static let magic: [UInt8] = [
    0x47, 0x45, 0x4f, 0x4d, 0x3a, 0x3a, 0x4d, 0x55, 0x4c, 0x54, 0x49, 0x50, 0x41, 0x54, 0x48, 0x00,
  ]

  @Test func theHashOfTheseTestsIsSHA256() {
    #expect(
      SHA256.hex(Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func aDiskOfOneGibibyte() throws {
    let sector = try Samples.label().sector(ofBytes: 512)
    #expect(
      SHA256.hex(sector) == "5887cd3fb024780a59857630fc4d67e68866956a3302154c434e316d6ed7be2d")
    #expect(Array(sector[0..<16]) == Self.magic)
    #expect(Array(sector[56..<60]) == Array("FRED".utf8))
    #expect(
      Array(sector[72..<89]) == [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0])
    #expect(try LabelRecord(sector: sector) == Samples.label())
  }

  @Test func aDiskOfSectorsOf4096Bytes() throws {
    let label = try Samples.label(
      "disk4", uuid: "e3506f8f-0a49-11e8-aa4b-ac1f6b4563a8", sectorBytes: 4096,
      sizeBytes: 2_000_398_934_016)
    let sector = try label.sector(ofBytes: 4096)
    #expect(
      SHA256.hex(sector) == "ae11001c123433b0725dbfd228eb1c09956d0cec772d90b77d8f43f4ca87ebcd")
    #expect(
      Array(sector[72..<89])
        == [1, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x60, 0x11, 0xc1, 0xd1, 1, 0, 0, 0])
    #expect(try LabelRecord(sector: sector) == label)
  }

  @Test func anActiveReadDisk() throws {
    let label = try Samples.label(
      "mpA", uuid: "00112233-4455-6677-8899-aabbccddeeff", mode: .activeRead,
      sizeBytes: 67_108_864)
    let sector = try label.sector(ofBytes: 512)
    #expect(
      SHA256.hex(sector) == "fc8a56b87d48c9a237d64054ca9ae5a932bbb26ca54d9c6c3a90de570ee3ed94")
    #expect(sector[88] == 2)
    #expect(try LabelRecord(sector: sector) == label)
  }
}

import Label
import Testing

/// What is taken for a label, and what is not.
@Suite struct RecordTests {
  static let sectorSizes = [512, 1024, 2048, 4096, 8192, 65536]

  @Test func garbageBehindTheNULsIsPassedOver() throws {
    var sector = try Samples.label().sector(ofBytes: 512)
    for offset in 53..<56 { sector[offset] = 0xa5 }
    for offset in 61..<72 { sector[offset] = 0xff }
    for offset in 89..<512 { sector[offset] = 0x5a }
    #expect(try LabelRecord(sector: sector) == Samples.label())
  }

  @Test func aRewriteKeepsTheBytesBehindTheUUID() throws {
    // FreeBSD compares all 40 bytes of the field when the medium shrinks.
    var old = try Samples.label().sector(ofBytes: 512)
    old[53] = 0xde
    old[55] = 0xad
    old[70] = 0xbe
    let new = try Samples.label().changed(mode: .activeRead).sector(ofBytes: 512, replacing: old)
    #expect(Array(new[16..<56]) == Array(old[16..<56]))
    #expect(new[70] == 0 && new[88] == 2)
    let other = try Samples.label(uuid: "00112233-4455-6677-8899-aabbccddeeff")
    #expect(try other.sector(ofBytes: 512, replacing: old)[53] == 0)
  }

  @Test func sizesThatAreNotRecordedAreNotKnown() throws {
    let label = try Samples.label(sectorBytes: nil, sizeBytes: nil)
    let read = try LabelRecord(sector: try label.sector(ofBytes: 512))
    #expect(read.sectorBytes == nil && read.sizeBytes == nil)
  }

  @Test func whatWasDamagedIsRefusedWithTheReason() throws {
    let good = try Samples.label().sector(ofBytes: 512)
    func damaged(_ change: (inout [UInt8]) -> Void) -> LabelError? {
      var sector = good
      change(&sector)
      return Samples.refusal(sector)
    }
    #expect(damaged { $0[3] = 0x4e } == .absent)
    #expect(damaged { $0[15] = 0x32 } == .absent)
    #expect(damaged { $0[72] = 2 } == .unknownVersion(2))
    #expect(damaged { $0[72] = 0 } == .unknownVersion(0))
    #expect(damaged { $0[75] = 1 } == .unknownVersion(0x0100_0001))
    #expect(damaged { $0[88] = 3 } == .unknownMode(3))
    #expect(damaged { $0[88] = 255 } == .unknownMode(255))
    #expect(damaged { $0[16] = 0 } == .emptyUUID)
    #expect(damaged { $0[17] = 0 } == .damagedUUID)
    #expect(damaged { $0[20] = UInt8(ascii: "g") } == .damagedUUID)
    #expect(damaged { $0[24] = UInt8(ascii: "0") } == .damagedUUID)
    #expect(damaged { for offset in 16..<56 { $0[offset] = 0x30 } } == .damagedUUID)
    #expect(damaged { $0[52] = UInt8(ascii: "0") } == .damagedUUID)
    #expect(damaged { $0[56] = 0 } == .emptyName)
    #expect(damaged { $0[57] = 0x1b } == .damagedName)
    #expect(damaged { $0[57] = 0xff } == .damagedName)
    #expect(damaged { for offset in 56..<72 { $0[offset] = 0x30 } } == .damagedName)
    #expect(damaged { $0[76] = 1 } == .impossibleSectorSize(513))
    #expect(damaged { $0[77] = 1 } == .impossibleSectorSize(256))
    #expect(damaged { $0[78] = 2 } == .impossibleSectorSize(0x0002_0200))
    #expect(damaged { $0[80] = 1 } == .impossibleSize(1 << 30 + 1))
  }

  @Test func aSizeMustHoldTheLabelAndMore() {
    #expect(throws: LabelError.impossibleSize(512)) { try Samples.label(sizeBytes: 512) }
    #expect(throws: LabelError.impossibleSize(4096)) {
      try Samples.label(sectorBytes: 4096, sizeBytes: 4096)
    }
    #expect(throws: LabelError.impossibleSize(1536)) {
      try Samples.label(sectorBytes: 1024, sizeBytes: 1536)
    }
  }

  @Test func whatIsCutOffIsRefusedAtEveryLength() throws {
    let good = try Samples.label().sector(ofBytes: 512)
    for length in 0..<LabelRecord.encodedBytes {
      let expected: LabelError = length < 16 ? .absent : .truncated(bytes: length)
      #expect(Samples.refusal(Array(good[..<length])) == expected)
    }
    #expect(Samples.refusal(Array(good[..<LabelRecord.encodedBytes])) == nil)
  }

  @Test func aSectorTooSmallForALabelGetsNone() throws {
    let label = try Samples.label()
    #expect(throws: LabelError.noRoom) { try label.sector(ofBytes: 88) }
    #expect(try label.sector(ofBytes: 89).count == 89)
  }

  @Test func namesHave1To15BytesOfText() {
    #expect(throws: LabelError.emptyName) { try LabelName("") }
    #expect(throws: LabelError.longName(bytes: 16)) { try LabelName("0123456789abcdef") }
    // Bytes and not characters: each of these has two.
    #expect(throws: LabelError.longName(bytes: 16)) { try LabelName("öööööööö") }
    #expect(throws: LabelError.damagedName) { try LabelName("a\u{0}b") }
    #expect(throws: LabelError.damagedName) { try LabelName("a\nb") }
    #expect(throws: Never.self) { try LabelName("0123456789abcde") }
    #expect(throws: Never.self) { try LabelName("my disk") }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func everyLabelReadsBackAsItWasWritten(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let label = try Self.anyLabel(&random)
      let room = try #require(Self.sectorSizes.randomElement(using: &random))
      let sector = try label.sector(ofBytes: room)
      #expect(sector.count == room)
      #expect(try LabelRecord(sector: sector) == label, "seed \(seed)")
      #expect(sector[LabelRecord.encodedBytes...].allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomBytesAreNeverALabel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let length = Int.random(in: 0..<600, using: &random)
      var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(Samples.refusal(bytes) != nil)
      // Also with the magic and the version in front of them.
      guard length >= LabelRecord.encodedBytes else { continue }
      bytes.replaceSubrange(0..<16, with: GoldenTests.magic)
      bytes.replaceSubrange(72..<76, with: [1, 0, 0, 0])
      #expect(Samples.refusal(bytes) != nil, "seed \(seed)")
    }
  }

  /// Whatever byte is changed: the label is refused, or it says something else that a label can say, or the
  /// byte is one that nobody reads.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func aChangedByteIsNeverTakenForWhatItWas(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      let label = try Self.anyLabel(&random)
      var sector = try label.sector(ofBytes: 512)
      let offset = Int.random(in: 0..<512, using: &random)
      let old = sector[offset]
      sector[offset] = UInt8.random(in: 0...255, using: &random)
      guard sector[offset] != old else { continue }
      let nameEnd = 56 + label.name.text.utf8.count
      let isRead = offset <= 52 || (56...nameEnd).contains(offset) || (72...88).contains(offset)
      let found = try? LabelRecord(sector: sector)
      #expect((found == label) == !isRead, "seed \(seed), byte \(offset)")
    }
  }

  static func anyLabel(_ random: inout SeededGenerator) throws -> LabelRecord {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    for index in 0..<16 { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    let letters = Array("abcXYZ019 ._-/ö")
    var name = ""
    for _ in 0..<Int.random(in: 1...9, using: &random) {
      if let letter = letters.randomElement(using: &random) { name.append(letter) }
    }
    while name.utf8.count > LabelName.bytesMax { name.removeLast() }
    let sectorBytes = UInt32(512) << UInt32.random(in: 0...7, using: &random)
    let isSized = Bool.random(using: &random)
    let sectors = UInt64.random(in: 2...(1 << 40), using: &random)
    return try LabelRecord(
      uuid: LabelUUID(random: bytes), name: LabelName(name),
      mode: try #require(LabelMode.allCases.randomElement(using: &random)),
      sectorBytes: Bool.random(using: &random) ? sectorBytes : nil,
      sizeBytes: isSized ? sectors * UInt64(sectorBytes) : nil)
  }

  @Test func aNewUUIDIsOfVersion4AndNeverTheSame() throws {
    var seen: Set<LabelUUID> = []
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1000 {
      var bytes = InlineArray<16, UInt8>(repeating: 0)
      for index in 0..<16 { bytes[index] = UInt8.random(in: 0...255, using: &random) }
      let uuid = LabelUUID(random: bytes)
      #expect(try LabelUUID(uuid.text) == uuid)
      let characters = Array(uuid.text)
      #expect(characters[14] == "4" && "89ab".contains(characters[19]))
      #expect(seen.insert(uuid).inserted)
    }
  }
}

import Label
import Testing

/// Which media are taken for those of a label.
@Suite struct TasteTests {
  static let size: UInt64 = 64 << 20

  /// The end of a medium of 512-byte sectors whose last has this label.
  static func tail(_ label: LabelRecord, sectorBytes: Int = 512, bytes: Int = 65536) throws
    -> [UInt8]
  {
    try [UInt8](repeating: 0xee, count: bytes - sectorBytes) + label.sector(ofBytes: sectorBytes)
  }

  static func verdict(
    _ tail: [UInt8], size: UInt64 = size, blockBytes: UInt32 = 512, _ kind: Taste.Kind = .disk
  ) -> TasteVerdict {
    Taste.verdict(tail: tail, sizeBytes: size, blockBytes: blockBytes, kind: kind)
  }

  @Test func aMediumOfTheRecordedSizeIsTheLabels() throws {
    let label = try Samples.label(sizeBytes: Self.size)
    for kind in [Taste.Kind.disk, .partition, .file] {
      #expect(
        Self.verdict(try Self.tail(label), kind) == .labelled(label, sectorBytes: 512))
    }
  }

  @Test func aMediumWithoutAMagicIsUnlabelled() {
    #expect(Self.verdict([UInt8](repeating: 0, count: 65536)) == .unlabelled)
    #expect(Self.verdict([]) == .unlabelled)
  }

  @Test func M3_aLargerOrSmallerMediumThatEndsSoIsNotTheLabels() throws {
    let label = try Samples.label(sizeBytes: Self.size)
    for found in [Self.size - 4096, Self.size + 4096] {
      #expect(
        Self.verdict(try Self.tail(label), size: found)
          == .refused(.otherSize(label, recorded: Self.size, found: found)))
    }
  }

  @Test func aPartitionThatEndsWhereItsDiskEndsIsNotTheDisk() throws {
    let disk = try Samples.label(sizeBytes: Self.size)
    let partitionSize = Self.size - (1 << 20)
    #expect(
      Self.verdict(try Self.tail(disk), size: partitionSize, .partition)
        == .refused(.otherSize(disk, recorded: Self.size, found: partitionSize)))
    // Where the size is not recorded, nothing tells them apart, and the disk it is.
    let unsized = try Samples.label(sizeBytes: nil)
    #expect(
      Self.verdict(try Self.tail(unsized), size: partitionSize, .partition)
        == .refused(.partitionOfUnknownSize(unsized)))
    #expect(Self.verdict(try Self.tail(unsized)) == .labelled(unsized, sectorBytes: 512))
  }

  @Test func aLabelIsLookedForInTheLastSectorOfTheDisksOwnSize() throws {
    let label = try Samples.label(sectorBytes: 4096, sizeBytes: Self.size)
    let tail = try Self.tail(label, sectorBytes: 4096)
    #expect(Self.verdict(tail, blockBytes: 4096) == .labelled(label, sectorBytes: 4096))
    #expect(Self.verdict(tail, blockBytes: 512) == .unlabelled)
    // A file is an image of a disk of whatever sectors.
    #expect(Self.verdict(tail, blockBytes: 512, .file) == .labelled(label, sectorBytes: 4096))
  }

  @Test func aRecordedSectorSizeMustBeTheMediums() throws {
    let label = try Samples.label(sectorBytes: 512, sizeBytes: Self.size)
    let tail = try Self.tail(label, sectorBytes: 4096)
    #expect(
      Self.verdict(tail, blockBytes: 4096)
        == .refused(.otherSectorSize(label, recorded: 512, found: 4096)))
    let unrecorded = try Samples.label(sectorBytes: nil, sizeBytes: Self.size)
    #expect(
      Self.verdict(try Self.tail(unrecorded, sectorBytes: 4096), blockBytes: 4096)
        == .labelled(unrecorded, sectorBytes: 4096))
  }

  @Test func aDamagedLabelIsRefusedAndNotPassedOver() throws {
    var tail = try Self.tail(try Samples.label(sizeBytes: Self.size))
    tail[65536 - 512 + 88] = 9
    #expect(Self.verdict(tail) == .refused(.damaged(.unknownMode(9))))
  }

  @Test func everyRefusalSaysWhy() throws {
    let label = try Samples.label()
    let refusals: [TasteRefusal] = [
      .damaged(.emptyUUID), .otherSize(label, recorded: 1024, found: 2048),
      .otherSectorSize(label, recorded: 512, found: 4096), .partitionOfUnknownSize(label),
    ]
    #expect(Set(refusals.map { $0.message }).count == refusals.count)
    #expect(refusals[1].message.contains("1024") && refusals[1].message.contains("2048"))
    #expect(refusals[1].record == label && refusals[0].record == nil)
  }
}

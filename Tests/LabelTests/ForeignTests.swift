import Label
import Testing

/// What keeps a medium from being labelled.
@Suite struct ForeignTests {
  static let size = 8 << 20

  /// A medium with these pieces and zeroes elsewhere; negative offsets count from the end.
  static func found(
    _ pieces: [(offset: Int, bytes: [UInt8])], size: Int = size, sectorBytes: UInt32 = 512
  ) -> [ForeignMetadata] {
    var medium = [UInt8](repeating: 0, count: size)
    for (offset, bytes) in pieces {
      let start = offset < 0 ? size + offset : offset
      medium.replaceSubrange(start..<start + bytes.count, with: bytes)
    }
    return ForeignMetadata.found(
      in: MediumEnds(
        sizeBytes: UInt64(size), sectorBytes: sectorBytes,
        head: Array(medium.prefix(Int(MediumEnds.headBytes))),
        tail: Array(medium.suffix(Int(MediumEnds.tailBytes)))))
  }

  static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  static func little(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  static func big(_ number: UInt64, _ count: Int) -> [UInt8] { little(number, count).reversed() }

  @Test func nothingIsFoundOnZeroesOfAnySize() {
    for size in [512, 1024, 4096, 65536, 1 << 20, 3 << 20, (3 << 20) + 512] {
      #expect(Self.found([], size: size).isEmpty)
    }
  }

  @Test func partitionTables() {
    #expect(Self.found([(-512, Self.text("EFI PART"))]) == [.gptBackup])
    #expect(Self.found([(-4096, Self.text("EFI PART"))]) == [.gptBackup])
    #expect(Self.found([(512, Self.text("EFI PART"))]) == [.gpt])
    #expect(Self.found([(4096, Self.text("EFI PART"))], sectorBytes: 4096) == [.gpt])
    func mbr(start: UInt64, count: UInt64) -> [(offset: Int, bytes: [UInt8])] {
      let entry = [0, 0, 0, 0, 0x83, 0, 0, 0] + Self.little(start, 4) + Self.little(count, 4)
      return [(462, entry), (510, [0x55, 0xaa])]
    }
    let sectors = UInt64(Self.size / 512)
    #expect(Self.found(mbr(start: 2048, count: sectors - 2048)) == [.partition(number: 2)])
    #expect(Self.found(mbr(start: 2048, count: sectors - 2049)).isEmpty)
  }

  @Test func raidAndVolumeManagers() {
    let magic = Self.little(0xa92b_4efc, 4)
    #expect(Self.found([(-65536, magic)]) == [.md(version: "0.90")])
    #expect(Self.found([(-65536, magic.reversed())]) == [.md(version: "0.90")])
    #expect(Self.found([(-8192, magic)]) == [.md(version: "1.0")])
    // The superblock stands 16 sectors before the end, rounded down to a multiple of 8.
    #expect(
      Self.found([(-8192 - 1024, magic)], size: Self.size + 1024) == [.md(version: "1.0")])
    #expect(Self.found([(0, magic)]) == [.md(version: "1.1")])
    #expect(Self.found([(4096, magic)]) == [.md(version: "1.2")])
    #expect(
      Self.found([(512, Self.text("LABELONE")), (536, Self.text("LVM2 001"))]) == [.lvm])
    #expect(Self.found([(-4096 + 60, Self.big(0x8374_026d, 4))]) == [.drbd])
    #expect(Self.found([(-512, [0xde, 0x11, 0xde, 0x11])]) == [.firmwareRAID("DDF")])
    #expect(
      Self.found([(-1024, Self.text("Intel Raid ISM Cfg Sig. "))]) == [.firmwareRAID("Intel")])
    #expect(Self.found([(-1024, Self.text("NVIDIA  "))]) == [.firmwareRAID("NVIDIA")])
  }

  @Test func ZFSInEachOfItsLabels() {
    let label = 256 << 10
    let uberblock = Self.little(0x00ba_b10c, 8)
    for start in [0, -2 * label, -label] {
      #expect(Self.found([(start + label / 2 + 3 * 1024, uberblock)]) == [.zfs])
      #expect(Self.found([(start + label / 2, uberblock.reversed())]) == [.zfs])
    }
    // The labels are aligned to their own size, so that there may be something behind the last.
    #expect(
      Self.found([(Self.size - label / 2, uberblock)], size: Self.size + label - 512) == [.zfs])
  }

  @Test func otherClassesOfGEOM() {
    #expect(Self.found([(-512, Self.text("GEOM::MIRROR\0"))]) == [.geom("MIRROR")])
    #expect(
      Self.found([(-4096, Self.text("GEOM::ELI\0"))], sectorBytes: 4096) == [.geom("ELI")])
    #expect(Self.found([(-512, Self.text("GEOM::"))]).isEmpty)
  }

  @Test func ourOwnLabel() throws {
    let label = try Samples.label()
    #expect(Self.found([(-512, try label.sector(ofBytes: 512))]) == [.label(label)])
    var damaged = try label.sector(ofBytes: 512)
    damaged[72] = 7
    #expect(Self.found([(-512, damaged)]) == [.damagedLabel(.unknownVersion(7))])
  }

  @Test func fileSystemsThatReachTheLastSectorAndOnlyThose() {
    func ext(blocks: UInt64) -> [ForeignMetadata] {
      Self.found([
        (1024 + 4, Self.little(blocks, 4)), (1024 + 0x18, Self.little(2, 4)),
        (1024 + 0x38, Self.little(0xef53, 2)),
      ])
    }
    let blocks = UInt64(Self.size / 4096)
    #expect(ext(blocks: blocks) == [.fileSystem("ext2, ext3 or ext4")])
    #expect(ext(blocks: blocks - 1).isEmpty)
    #expect(
      Self.found([(0, Self.text("XFSB") + Self.big(4096, 4) + Self.big(blocks, 8))])
        == [.fileSystem("XFS")])
    #expect(
      Self.found([
        (65536 + 0x40, Self.text("_BHRfS_M")), (65536 + 0x70, Self.little(UInt64(Self.size), 8)),
      ]) == [.fileSystem("btrfs")])
    #expect(
      Self.found([
        (3, Self.text("NTFS    ")), (11, Self.little(512, 2)),
        (0x28, Self.little(UInt64(Self.size / 512 - 1), 8)),
      ]) == [.fileSystem("NTFS")])
  }

  /// None of these was known, and the label would have taken their last sector.
  @Test func moreThatUsesTheWholeMedium() {
    let sectors = UInt64(Self.size / 512)
    #expect(Self.found([(0, Self.text("LUKS") + [0xba, 0xbe])]) == [.encrypted("LUKS")])
    #expect(Self.found([(0, Self.text("LUKS") + [0xba, 0xbf])]).isEmpty)
    #expect(Self.found([(3, Self.text("-FVE-FS-"))]) == [.encrypted("BitLocker")])
    let bcache: [UInt8] = [
      0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d,
      0x81,
    ]
    #expect(Self.found([(4096 + 24, bcache)]) == [.bcache])
    func fat(_ count: UInt64) -> [ForeignMetadata] {
      Self.found([
        (11, Self.little(512, 2)), (32, Self.little(count, 4)), (82, Self.text("FAT32   ")),
        (510, [0x55, 0xaa]),
      ])
    }
    #expect(fat(sectors) == [.fileSystem("FAT")])
    #expect(fat(sectors - 1).isEmpty)
    func exFAT(_ count: UInt64, shift: UInt8) -> [ForeignMetadata] {
      Self.found([(3, Self.text("EXFAT   ")), (72, Self.little(count, 8)), (108, [shift])])
    }
    #expect(exFAT(sectors, shift: 9) == [.fileSystem("exFAT")])
    #expect(exFAT(sectors - 1, shift: 9).isEmpty && exFAT(sectors, shift: 200).isEmpty)
    func f2fs(_ count: UInt64) -> [ForeignMetadata] {
      Self.found([
        (1024, Self.little(0xf2f5_2010, 4)), (1024 + 16, Self.little(12, 4)),
        (1024 + 36, Self.little(count, 8)),
      ])
    }
    #expect(f2fs(sectors / 8) == [.fileSystem("F2FS")])
    #expect(f2fs(sectors / 8 - 1).isEmpty && f2fs(UInt64.max).isEmpty)
    func swap(_ last: UInt64, page: Int) -> [ForeignMetadata] {
      Self.found([(page - 10, Self.text("SWAPSPACE2")), (1024 + 4, Self.little(last, 4))])
    }
    #expect(swap(sectors / 8 - 1, page: 4096) == [.fileSystem("swap space")])
    #expect(swap(sectors / 128 - 1, page: 65536) == [.fileSystem("swap space")])
    #expect(swap(sectors / 8 - 2, page: 4096).isEmpty)
    #expect(
      Self.found([(1024 + 6, [0x34, 0x34]), (1024 + 32, Self.little(UInt64(Self.size), 8))])
        == [.fileSystem("NILFS2")])
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomBytesCrashNothing(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<40 {
      let size = 512 * Int.random(in: 1...4000, using: &random)
      var pieces: [(offset: Int, bytes: [UInt8])] = []
      let magics = [
        "XFSB", "NTFS    ", "EXFAT   ", "LUKS", "EFI PART", "GEOM::", "GEOM::MULTIPATH\0",
      ]
      for magic in magics {
        let place = [0, 3, 512, size - 512].randomElement(using: &random) ?? 0
        let noise = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
        let bytes = Array((Self.text(magic) + noise).prefix(size - place))
        pieces.append((place, bytes))
      }
      let found = Self.found(pieces, size: size)
      #expect(found.allSatisfy { !$0.description.isEmpty }, "seed \(seed)")
    }
  }
}

/// Partition tables, and what RAID, volume managers and replication leave on a medium.
extension MediumEnds {
  /// Sizes of a last sector that may hold something: the medium's own, and those of the disk of which a file
  /// may be the image.
  var sectorSizes: [UInt64] {
    var sizes: [UInt64] = [UInt64(sectorBytes)]
    for size: UInt64 in [512, 4096] where !sizes.contains(size) { sizes.append(size) }
    return sizes
  }

  var isGPT: Bool { sectorSizes.contains { has("EFI PART", at: $0) } }

  var isGPTBackup: Bool { sectorSizes.contains { has("EFI PART", fromEnd: $0) } }

  /// The number of the MBR partition that reaches into the label's sector.
  var partitionAtEnd: Int? {
    guard bytes(at: 510, 2) == [0x55, 0xaa] else { return nil }
    let entries = (0..<4).compactMap { bytes(at: 446 + $0 * 16, 16) }
    // Boot sectors of file systems end in 55 AA too; only a table has nothing but these flags there.
    guard entries.allSatisfy({ $0[0] == 0 || $0[0] == 0x80 }) else { return nil }
    for (index, entry) in entries.enumerated() where entry[4] != 0 {
      let start = entry[8..<12].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let count = entry[12..<16].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let end = (start + count) * UInt64(sectorBytes)
      if count > 0, end > labelOffset, end <= sizeBytes { return index + 1 }
    }
    return nil
  }

  /// md's superblock: 0.90 in the last 64 KiB that are aligned so, 1.0 some 8 KiB before the end, 1.1 at the
  /// beginning, 1.2 at 4 KiB (Linux, drivers/md/md.c).
  var mdVersion: String? {
    let magic: UInt64 = 0xa92b_4efc
    if sizeBytes >= 128 << 10 {
      let offset = sizeBytes / 65536 * 65536 - 65536
      if littleEndian(at: offset, bytes: 4) == magic || bigEndian(at: offset, bytes: 4) == magic {
        return "0.90"
      }
    }
    if sizeBytes >= 16 << 10 {
      let offset = (sizeBytes / 512 - 16) / 8 * 8 * 512
      if littleEndian(at: offset, bytes: 4) == magic { return "1.0" }
    }
    if littleEndian(at: 0, bytes: 4) == magic { return "1.1" }
    if littleEndian(at: 4096, bytes: 4) == magic { return "1.2" }
    return nil
  }

  /// LVM's label stands in one of the first four sectors.
  var isLVM: Bool {
    (0..<4).contains { (sector: UInt64) in
      has("LABELONE", at: sector * 512) && has("LVM2 001", at: sector * 512 + 24)
    }
  }

  /// Two labels of 256 KiB at the beginning, two at the end; the second half of each has uberblocks.
  var isZFS: Bool {
    let label: UInt64 = 256 << 10
    let end = sizeBytes / label * label
    guard end >= 4 * label else { return false }
    return [0, end - 2 * label, end - label].contains { start in
      stride(from: start + label / 2, to: start + label, by: 1024).contains { offset in
        let magic: UInt64 = 0x00ba_b10c
        return littleEndian(at: offset, bytes: 8) == magic
          || bigEndian(at: offset, bytes: 8) == magic
      }
    }
  }

  /// Internal metadata of DRBD 8 and 9 end the medium, in a block of 4 KiB.
  var isDRBD: Bool {
    guard sizeBytes >= 4096 else { return false }
    let offset = sizeBytes / 4096 * 4096 - 4096
    guard let magic = bigEndian(at: offset + 60, bytes: 4) else { return false }
    return (0x8374_0267...0x8374_026f).contains(magic)
  }

  /// The superblock of a cache or a backing device stands at 4 KiB (Linux, include/uapi bcache.h).
  var isBcache: Bool {
    bytes(at: 4096 + 24, 16) == [
      0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d,
      0x81,
    ]
  }

  /// What is behind the header is ciphertext, to the last sector.
  var encryption: String? {
    if bytes(at: 0, 6) == Array("LUKS".utf8) + [0xba, 0xbe] { return "LUKS" }
    return has("-FVE-FS-", at: 3) ? "BitLocker" : nil
  }

  /// The firmware formats whose anchor has a text or a number that nothing else has by chance.
  var firmwareRAID: String? {
    for sector in sectorSizes {
      if bytes(fromEnd: sector, 4) == [0xde, 0x11, 0xde, 0x11] { return "DDF" }
      if has("Intel Raid ISM Cfg Sig. ", fromEnd: 2 * sector) { return "Intel" }
    }
    if has("NVIDIA  ", fromEnd: 2 * 512) { return "NVIDIA" }
    if has("$XIDE$", fromEnd: 512) { return "LSI" }
    let promise: [UInt64] = [63, 255, 256, 16, 399]
    if promise.contains(where: { has("Promise Technology, Inc.", fromEnd: $0 * 512) }) {
      return "Promise"
    }
    return nil
  }
}

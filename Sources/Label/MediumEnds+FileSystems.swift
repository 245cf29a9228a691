/// File systems whose own idea of their size takes in the sector that a label would take.
extension MediumEnds {
  /// The file system's name; nil when there is none that is known, or it is smaller than what the label
  /// leaves.
  var fileSystemAtEnd: String? {
    let known = [
      ("ext2, ext3 or ext4", extEnd), ("XFS", xfsEnd), ("btrfs", btrfsEnd), ("NTFS", ntfsEnd),
      ("FAT", fatEnd), ("exFAT", exFATEnd), ("F2FS", f2fsEnd), ("NILFS2", nilfsEnd),
      ("swap space", swapEnd),
    ]
    return known.first { _, end in end.map { $0 > labelOffset } ?? false }?.0
  }

  private var extEnd: UInt64? {
    guard littleEndian(at: 1024 + 0x38, bytes: 2) == 0xef53,
      let low = littleEndian(at: 1024 + 4, bytes: 4),
      let shift = littleEndian(at: 1024 + 0x18, bytes: 4), shift <= 6,
      let features = littleEndian(at: 1024 + 0x60, bytes: 4),
      let high = littleEndian(at: 1024 + 0x150, bytes: 4)
    else { return nil }
    let has64Bits = features & 0x80 != 0
    return product(low | (has64Bits ? high << 32 : 0), 1024 << shift)
  }

  private var xfsEnd: UInt64? {
    guard has("XFSB", at: 0), let block = bigEndian(at: 4, bytes: 4),
      let count = bigEndian(at: 8, bytes: 8)
    else { return nil }
    return product(count, block)
  }

  private var btrfsEnd: UInt64? {
    guard has("_BHRfS_M", at: 65536 + 0x40) else { return nil }
    return littleEndian(at: 65536 + 0x70, bytes: 8)
  }

  /// The sector behind those that it counts holds the copy of its first one.
  private var ntfsEnd: UInt64? {
    guard has("NTFS    ", at: 3), let sector = littleEndian(at: 11, bytes: 2),
      let count = littleEndian(at: 0x28, bytes: 8), count < UInt64.max
    else { return nil }
    return product(count + 1, sector)
  }

  private var fatEnd: UInt64? {
    guard bytes(at: 510, 2) == [0x55, 0xaa],
      has("FAT12   ", at: 54) || has("FAT16   ", at: 54) || has("FAT32   ", at: 82),
      let sector = littleEndian(at: 11, bytes: 2), let few = littleEndian(at: 19, bytes: 2),
      let many = littleEndian(at: 32, bytes: 4)
    else { return nil }
    return product(few > 0 ? few : many, sector)
  }

  private var exFATEnd: UInt64? {
    guard has("EXFAT   ", at: 3), let count = littleEndian(at: 72, bytes: 8),
      let shift = littleEndian(at: 108, bytes: 1), shift <= 12
    else { return nil }
    return product(count, 1 << shift)
  }

  private var f2fsEnd: UInt64? {
    guard littleEndian(at: 1024, bytes: 4) == 0xf2f5_2010,
      let shift = littleEndian(at: 1024 + 16, bytes: 4), shift <= 16,
      let count = littleEndian(at: 1024 + 36, bytes: 8)
    else { return nil }
    return product(count, 1 << shift)
  }

  /// The size of the device that it was made for: a second superblock stands at its end.
  private var nilfsEnd: UInt64? {
    guard littleEndian(at: 1024 + 6, bytes: 2) == 0x3434 else { return nil }
    return littleEndian(at: 1024 + 32, bytes: 8)
  }

  /// The magic ends the first page; the number of the last page is in the header behind 1 KiB.
  private var swapEnd: UInt64? {
    let pages: [UInt64] = [4096, 8192, 16384, 65536]
    guard let page = pages.first(where: { has("SWAPSPACE2", at: $0 - 10) }),
      let last = littleEndian(at: 1024 + 4, bytes: 4)
    else { return nil }
    return product(last + 1, page)
  }

  /// Nil rather than an overflow: the numbers are whatever stands on the medium.
  private func product(_ left: UInt64, _ right: UInt64) -> UInt64? {
    let (value, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? nil : value
  }
}

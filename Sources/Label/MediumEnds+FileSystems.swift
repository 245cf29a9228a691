/// File systems whose own idea of their size takes in the sector that a label would take.
extension MediumEnds {
  /// The file system's name; nil when there is none that is known, or it is smaller than what the label
  /// leaves.
  var fileSystemAtEnd: String? {
    let known = [
      ("ext2, ext3 or ext4", extEnd), ("XFS", xfsEnd), ("btrfs", btrfsEnd), ("NTFS", ntfsEnd),
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

  /// Nil rather than an overflow: the numbers are whatever stands on the medium.
  private func product(_ left: UInt64, _ right: UInt64) -> UInt64? {
    let (value, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? nil : value
  }
}

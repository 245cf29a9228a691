/// The name that a disk has from its maker, such as `naa.5000c500a1b2c3d4`: the same by whatever path one asks,
/// and another for a copy of the disk.
package struct DiskName: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  /// Nil when the disk has none.
  package init?(_ text: String?) {
    guard let text, !text.isEmpty else { return nil }
    description = text
  }

  /// Two disks, whatever else they share. Names of different kinds, as two kinds of host adapter may give
  /// them to one disk, say nothing.
  package func isAnotherDisk(than other: DiskName) -> Bool {
    kind == other.kind && description.lowercased() != other.description.lowercased()
  }

  /// `naa`, `eui`, `nvme` in the kernel's words, `0x` in udev's.
  private var kind: Substring {
    if description.hasPrefix("0x") { return "0x" }
    guard let dot = description.firstIndex(of: ".") else { return "" }
    return description[..<dot]
  }
}

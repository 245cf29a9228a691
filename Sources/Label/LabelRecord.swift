/// The label of a medium: 89 bytes in its last sector which say to what device the medium belongs.
///
/// Byte for byte what FreeBSD's GEOM MULTIPATH writes and reads, version 1; integers are little-endian:
///
///     0   16  "GEOM::MULTIPATH" and one NUL
///     16  40  uuid, text ended by NUL
///     56  16  name, text ended by NUL
///     72   4  version
///     76   4  sector size of the medium, 0 when not recorded
///     80   8  size of the medium with the label's sector, 0 when not recorded
///     88   1  mode
///
/// FreeBSD leaves whatever was in memory behind the NULs of uuid and name; it is passed over when read.
package struct LabelRecord: Hashable, Sendable {
  package static let version: UInt32 = 1
  package static let encodedBytes = 89
  /// Sectors that a medium can have; a label fits into the smallest.
  package static let sectorBytesRange: ClosedRange<UInt32> = 512...65536

  static let magic = Array("GEOM::MULTIPATH\0".utf8)
  static let uuidField = 16..<56
  static let nameField = 56..<72
  static let versionOffset = 72
  static let sectorSizeOffset = 76
  static let sizeOffset = 80
  static let modeOffset = 88

  package let uuid: LabelUUID
  package let name: LabelName
  package let mode: LabelMode
  /// Nil when not recorded.
  package let sectorBytes: UInt32?
  /// The whole medium, the label's own sector included. Nil when not recorded.
  package let sizeBytes: UInt64?

  package init(
    uuid: LabelUUID, name: LabelName, mode: LabelMode, sectorBytes: UInt32?, sizeBytes: UInt64?
  ) throws(LabelError) {
    if let sectorBytes {
      guard Self.sectorBytesRange.contains(sectorBytes), sectorBytes.nonzeroBitCount == 1 else {
        throw .impossibleSectorSize(sectorBytes)
      }
    }
    if let sizeBytes {
      // Without a recorded sector size the smallest is taken, which divides every other.
      let sector = UInt64(sectorBytes ?? Self.sectorBytesRange.lowerBound)
      guard sizeBytes % sector == 0, sizeBytes / sector >= 2 else {
        throw .impossibleSize(sizeBytes)
      }
    }
    self.uuid = uuid
    self.name = name
    self.mode = mode
    self.sectorBytes = sectorBytes
    self.sizeBytes = sizeBytes
  }

  /// The same label with another mode, name or size.
  package func changed(
    name: LabelName? = nil, mode: LabelMode? = nil, sizeBytes: UInt64? = nil
  ) throws(LabelError) -> LabelRecord {
    try LabelRecord(
      uuid: uuid, name: name ?? self.name, mode: mode ?? self.mode, sectorBytes: sectorBytes,
      sizeBytes: sizeBytes ?? self.sizeBytes)
  }
}

extension LabelRecord {
  /// The whole sector that holds the label, zeroes behind it.
  ///
  /// - Parameter previous: The sector that this one replaces. If it has a label of the same uuid, the bytes
  ///   behind the uuid's NUL stay as they are: FreeBSD compares all 40 when a medium shrinks.
  /// - Throws: `.noRoom` when a sector of `sectorBytes` cannot hold a label.
  package func sector(
    ofBytes sectorBytes: Int, replacing previous: [UInt8] = []
  ) throws(LabelError) -> [UInt8] {
    guard sectorBytes >= Self.encodedBytes else { throw .noRoom }
    var bytes = [UInt8](repeating: 0, count: sectorBytes)
    bytes.replaceSubrange(0..<Self.magic.count, with: Self.magic)
    Self.put(Array(uuid.text.utf8), at: Self.uuidField.lowerBound, in: &bytes)
    if let old = try? LabelRecord(sector: previous), old.uuid == uuid {
      bytes.replaceSubrange(Self.uuidField, with: previous[Self.uuidField])
    }
    Self.put(Array(name.text.utf8), at: Self.nameField.lowerBound, in: &bytes)
    Self.put(Self.littleEndian(Self.version), at: Self.versionOffset, in: &bytes)
    Self.put(Self.littleEndian(self.sectorBytes ?? 0), at: Self.sectorSizeOffset, in: &bytes)
    Self.put(Self.littleEndian(sizeBytes ?? 0), at: Self.sizeOffset, in: &bytes)
    bytes[Self.modeOffset] = mode.rawValue
    return bytes
  }

  /// The label in a sector.
  ///
  /// - Throws: Why there is none that can be believed; `.absent` when there is no trace of one.
  package init(sector: [UInt8]) throws(LabelError) {
    guard Self.hasMagic(sector) else { throw .absent }
    guard sector.count >= Self.encodedBytes else { throw .truncated(bytes: sector.count) }
    let version = UInt32(truncatingIfNeeded: Self.number(in: sector, Self.versionOffset, bytes: 4))
    guard version == Self.version else { throw .unknownVersion(version) }
    guard let mode = LabelMode(rawValue: sector[Self.modeOffset]) else {
      throw .unknownMode(sector[Self.modeOffset])
    }
    guard let uuid = Self.text(in: sector[Self.uuidField]) else { throw .damagedUUID }
    guard let name = Self.text(in: sector[Self.nameField]) else { throw .damagedName }
    let sectorBytes = UInt32(
      truncatingIfNeeded: Self.number(in: sector, Self.sectorSizeOffset, bytes: 4))
    let sizeBytes = Self.number(in: sector, Self.sizeOffset, bytes: 8)
    try self.init(
      uuid: LabelUUID(uuid), name: LabelName(name), mode: mode,
      sectorBytes: sectorBytes == 0 ? nil : sectorBytes,
      sizeBytes: sizeBytes == 0 ? nil : sizeBytes)
  }

  /// True when the bytes begin as a label does, whatever follows.
  package static func hasMagic(_ sector: [UInt8]) -> Bool { sector.starts(with: magic) }

  /// The text before the first NUL; nil when there is no NUL or it is no UTF-8.
  private static func text(in field: ArraySlice<UInt8>) -> String? {
    guard let end = field.firstIndex(of: 0) else { return nil }
    return String(validating: field[..<end], as: UTF8.self)
  }

  private static func put(_ value: [UInt8], at offset: Int, in bytes: inout [UInt8]) {
    bytes.replaceSubrange(offset..<offset + value.count, with: value)
  }

  private static func littleEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static func number(in sector: [UInt8], _ offset: Int, bytes: Int) -> UInt64 {
    sector[offset..<offset + bytes].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// What somebody else keeps on a medium and a label would harm, or take away from under it.
package enum ForeignMetadata: Hashable, Sendable, CustomStringConvertible {
  case gptBackup
  case gpt
  /// A partition of an MBR that reaches into the last sector.
  case partition(number: Int)
  case md(version: String)
  case lvm
  case zfs
  case drbd
  case bcache
  /// An encrypted volume, whose content goes on to the end.
  case encrypted(String)
  /// Metadata of another class of FreeBSD's GEOM.
  case geom(String)
  /// Metadata of a RAID that a host adapter's firmware knows.
  case firmwareRAID(String)
  /// A file system that uses the last sector.
  case fileSystem(String)
  /// Our own: the device that the medium belongs to already.
  case label(LabelRecord)
  case damagedLabel(LabelError)

  package var description: String {
    switch self {
    case .gptBackup: "a GPT backup header in the last sector"
    case .gpt: "a GPT"
    case .partition(let number): "partition \(number) of an MBR, which reaches the last sector"
    case .md(let version): "metadata of an md array, version \(version)"
    case .lvm: "an LVM physical volume"
    case .zfs: "a ZFS label"
    case .drbd: "metadata of DRBD"
    case .bcache: "a bcache device"
    case .encrypted(let kind): "an encrypted volume (\(kind)) that uses the last sector"
    case .geom(let name): "metadata of the GEOM class \(name) in the last sector"
    case .firmwareRAID(let kind): "metadata of a RAID (\(kind))"
    case .fileSystem(let name): "a file system (\(name)) that uses the last sector"
    case .label(let record): "the label of the device \(record.name) with the uuid \(record.uuid)"
    case .damagedLabel: "a label that is damaged or of another version"
    }
  }

  /// Everything that is recognised, what stands in the last sector first.
  package static func found(in ends: MediumEnds) -> [ForeignMetadata] {
    var found: [ForeignMetadata] = []
    found += lastSector(ends)
    if ends.isGPTBackup { found.append(.gptBackup) }
    if ends.isGPT { found.append(.gpt) }
    if let raid = ends.firmwareRAID { found.append(.firmwareRAID(raid)) }
    if let version = ends.mdVersion { found.append(.md(version: version)) }
    if ends.isLVM { found.append(.lvm) }
    if ends.isZFS { found.append(.zfs) }
    if ends.isDRBD { found.append(.drbd) }
    if ends.isBcache { found.append(.bcache) }
    if let kind = ends.encryption { found.append(.encrypted(kind)) }
    if !ends.isGPT, let number = ends.partitionAtEnd { found.append(.partition(number: number)) }
    if let name = ends.fileSystemAtEnd { found.append(.fileSystem(name)) }
    return found
  }

  private static func lastSector(_ ends: MediumEnds) -> [ForeignMetadata] {
    for distance in ends.sectorSizes {
      guard let sector = ends.bytes(fromEnd: distance, Int(distance)) else { continue }
      if LabelRecord.hasMagic(sector) {
        do throws(LabelError) {
          return [.label(try LabelRecord(sector: sector))]
        } catch {
          return [.damagedLabel(error)]
        }
      }
      if let name = geomClass(sector) { return [.geom(name)] }
    }
    return []
  }

  /// Every class of GEOM begins its sector with its name behind this prefix.
  private static func geomClass(_ sector: [UInt8]) -> String? {
    let prefix = Array("GEOM::".utf8)
    guard sector.starts(with: prefix) else { return nil }
    let name = sector[prefix.count..<16].prefix { $0 > 0x20 && $0 < 0x7f }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
  }
}

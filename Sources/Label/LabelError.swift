/// Why bytes are no label, or why no label can be made.
package enum LabelError: Error, Hashable, Sendable {
  /// The magic is not there: nobody has labelled this.
  case absent
  case truncated(bytes: Int)
  case unknownVersion(UInt32)
  case unknownMode(UInt8)
  case emptyUUID
  case damagedUUID
  case emptyName
  case damagedName
  case longName(bytes: Int)
  case impossibleSectorSize(UInt32)
  case impossibleSize(UInt64)
  /// The sector in which the label stands is too small for it, or the medium has but one.
  case noRoom

  /// What is wrong, to be put after the name of a medium and a colon.
  package var message: String {
    switch self {
    case .absent: "it has no label"
    case .truncated(let bytes):
      "its label is cut off: \(bytes) bytes of \(LabelRecord.encodedBytes)"
    case .unknownVersion(let version):
      "its label has version \(version), and only version \(LabelRecord.version) is known"
    case .unknownMode(let mode): "its label has the unknown mode \(mode)"
    case .emptyUUID: "its label has no uuid"
    case .damagedUUID: "its label is damaged: the uuid is none"
    case .emptyName: "its label has no name"
    case .damagedName: "its label is damaged: the name is no text"
    case .longName(let bytes):
      "a name in a label has at most \(LabelName.bytesMax) bytes, and this one has \(bytes)"
    case .impossibleSectorSize(let bytes):
      "its label is damaged: it tells of sectors of \(bytes) bytes"
    case .impossibleSize(let bytes): "its label is damaged: it tells of a size of \(bytes) bytes"
    case .noRoom: "it is too small for a label"
    }
  }
}

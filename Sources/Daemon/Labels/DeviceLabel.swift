internal import BlockIO
internal import Label

/// The label of a running device: what it says, and in how large a sector it stands at the medium's end.
struct DeviceLabel: Hashable, Sendable {
  var record: LabelRecord
  /// The sector is kept from the device's users: the device is the medium without it.
  let sectorBytes: UInt32

  /// What is left of a medium for users; nil when that is nothing or no whole number of blocks.
  func served(of medium: Geometry) -> Geometry? {
    guard medium.sizeBytes > UInt64(sectorBytes) else { return nil }
    return Geometry(
      sizeBytes: medium.sizeBytes - UInt64(sectorBytes), blockBytes: medium.blockBytes)
  }
}

/// What every path of a device has to show.
struct Medium: Sendable {
  /// The whole medium, with the label's sector if there is one.
  let geometry: Geometry
  let label: DeviceLabel?
  /// How large a path is that has grown before the device; nil where it has the size of `geometry`.
  var shownBytes: UInt64?

  /// The same medium as a path shows it that has grown: all that the device knows of is where it was.
  func grown(to sizeBytes: UInt64) -> Medium {
    Medium(geometry: geometry, label: label, shownBytes: sizeBytes)
  }
}

extension DeviceEntry {
  var medium: Medium {
    let sizeBytes = geometry.sizeBytes + UInt64(label?.sectorBytes ?? 0)
    guard let whole = Geometry(sizeBytes: sizeBytes, blockBytes: geometry.blockBytes) else {
      preconditionFailure("a device was made of a medium that cannot be")
    }
    return Medium(geometry: whole, label: label)
  }
}

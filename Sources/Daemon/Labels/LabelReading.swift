internal import BlockIO
internal import Label

/// Reading the end of a medium, on whatever thread may wait for it.
enum LabelReading {
  /// What stands between a path and its device's label; nil when it shows the right one.
  static func objection(
    _ reader: any SampleReader, _ medium: Medium
  ) throws(PathTrouble) -> MediumComparison.Verdict? {
    guard let label = medium.label else { return nil }
    // Direct I/O takes whole blocks only; the sector is the end of the last one.
    let length = max(label.sectorBytes, medium.geometry.blockBytes)
    let last = try reader.read(medium.geometry.sizeBytes - UInt64(length), Int(length))
    let sector = Array(last.suffix(Int(label.sectorBytes)))
    do throws(LabelError) {
      let found = try LabelRecord(sector: sector)
      guard found.uuid != label.record.uuid else { return nil }
      return .mislabelled(
        "its label is that of another device, named \(found.name) with the uuid \(found.uuid)")
    } catch {
      return .mislabelled(error.message)
    }
  }
}

import Label

/// The last sector of a medium, and both its ends where others keep what is theirs.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard size > 1, let data = unsafe data else { return 0 }
  let settings = unsafe data[0]
  var bytes = unsafe Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  if let record = try? LabelRecord(sector: bytes) {
    // What was believed is written again as something that is believed.
    guard let sector = try? record.sector(ofBytes: max(bytes.count, 512), replacing: bytes),
      let again = try? LabelRecord(sector: sector)
    else { preconditionFailure("a label that was read cannot be written") }
    precondition(again == record)
  }
  // As the end of a medium, at the place where a sector has its label.
  let sectorBytes: UInt32 = settings & 1 == 0 ? 512 : 4096
  bytes += [UInt8](repeating: 0, count: (8192 - bytes.count % 8192) % 8192)
  let kinds: [Taste.Kind] = [.disk, .partition, .file]
  let sizeBytes = UInt64(bytes.count) << UInt64(settings >> 5)
  _ = Taste.verdict(
    tail: bytes, sizeBytes: sizeBytes, blockBytes: sectorBytes,
    kind: kinds[Int(settings >> 1) % kinds.count])
  _ = ForeignMetadata.found(
    in: MediumEnds(
      sizeBytes: UInt64(bytes.count), sectorBytes: sectorBytes, head: bytes, tail: bytes))
  return 0
}

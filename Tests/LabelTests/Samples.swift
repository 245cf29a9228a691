import Label
import Testing

/// Labels that tests share.
enum Samples {
  /// A label of the texts that tests write down.
  static func label(
    _ name: String = "FRED", uuid: String = "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    mode: LabelMode = .activePassive, sectorBytes: UInt32? = 512, sizeBytes: UInt64? = 1 << 30
  ) throws -> LabelRecord {
    try LabelRecord(
      uuid: LabelUUID(uuid), name: LabelName(name), mode: mode, sectorBytes: sectorBytes,
      sizeBytes: sizeBytes)
  }

  /// The error with which bytes are refused; nil when they are a label.
  static func refusal(_ sector: [UInt8]) -> LabelError? {
    do throws(LabelError) {
      _ = try LabelRecord(sector: sector)
      return nil
    } catch {
      return error
    }
  }
}

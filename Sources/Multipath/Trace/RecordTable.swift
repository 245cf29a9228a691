/// A list of records that says how long it is.
struct RecordTable<Record: Codable & Sendable>: Codable, Sendable {
  /// More records than any table of a machine has; no more memory is taken whatever a file says.
  static var countMax: Int { 1 << 14 }

  var records: [Record]

  init(_ records: [Record]) { self.records = records }

  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    let count = try container.decode(UInt32.self)
    guard count <= Self.countMax else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a table of \(count) records is too long")
    }
    records = []
    // Grows with what is really there.
    for _ in 0..<count { records.append(try container.decode(Record.self)) }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(UInt32(records.count))
    for record in records { try container.encode(record) }
  }
}

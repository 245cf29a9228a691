/// The data of INFO and GO: a name and what the client wants to know.
struct InfoRequest {
  let name: [UInt8]
  /// One bit per known id: however often a client repeats an id, it is answered once.
  private let wanted: UInt8

  /// Every inner length must account for exactly the bytes that came.
  init(parsing data: [UInt8]) throws(InfoRequestError) {
    var reader = ByteReader(data)
    guard let nameBytes = reader.integer(UInt32.self),
      let name = reader.bytes(count: Int(nameBytes)),
      let count = reader.integer(UInt16.self),
      reader.remainingBytes == 2 * Int(count)
    else { throw .malformed }
    guard WireText.isLegal(name) else { throw .illegalName }
    var wanted: UInt8 = 0
    while let id = reader.integer(UInt16.self) {
      // The protocol demands that ids unknown to the server are passed over.
      if let type = InfoType(rawValue: id) { wanted |= InfoRequest.bit(type) }
    }
    self.name = Array(name)
    self.wanted = wanted
  }

  func wants(_ type: InfoType) -> Bool { wanted & InfoRequest.bit(type) != 0 }

  private static func bit(_ type: InfoType) -> UInt8 { 1 << UInt8(type.rawValue) }
}

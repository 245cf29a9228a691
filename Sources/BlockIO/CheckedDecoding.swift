/// These three hold a rule that their initialisers enforce, so decoding must not get around them.

extension ByteRange: Codable {
  private enum CodingKeys: CodingKey {
    case offset
    case length
  }

  /// - Throws: `DecodingError` also when the range's end does not fit 64 bits.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let offset = try container.decode(UInt64.self, forKey: .offset)
    let length = try container.decode(UInt64.self, forKey: .length)
    guard let range = ByteRange(offset: offset, length: length) else {
      throw DecodingError.dataCorruptedError(
        forKey: .length, in: container, debugDescription: "the range ends beyond 64 bits")
    }
    self = range
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(offset, forKey: .offset)
    try container.encode(length, forKey: .length)
  }
}

extension PathIndex: Codable {
  /// - Throws: `DecodingError` also for an index that no device can have.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let rawValue = try container.decode(UInt8.self)
    guard rawValue < 64 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "there is no path \(rawValue)")
    }
    self.init(rawValue)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

extension Geometry: Codable {
  private enum CodingKeys: CodingKey {
    case sizeBytes
    case blockBytes
  }

  /// - Throws: `DecodingError` also for a size or block size that no medium can have.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let sizeBytes = try container.decode(UInt64.self, forKey: .sizeBytes)
    let blockBytes = try container.decode(UInt32.self, forKey: .blockBytes)
    guard let geometry = Geometry(sizeBytes: sizeBytes, blockBytes: blockBytes) else {
      throw DecodingError.dataCorruptedError(
        forKey: .blockBytes, in: container, debugDescription: "no medium has this geometry")
    }
    self = geometry
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sizeBytes, forKey: .sizeBytes)
    try container.encode(blockBytes, forKey: .blockBytes)
  }
}

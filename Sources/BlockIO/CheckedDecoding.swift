/// These three hold a rule that their initialisers enforce, so decoding must not get around them.

extension ByteRange: Codable {
  private enum CodingKeys: CodingKey {
    case offset
    case length
  }

  /// - Throws: `DecodingError` also when the range's end does not fit 64 bits.
  public init(from decoder: any Decoder) throws {
    self = try decoder.container(keyedBy: CodingKeys.self).decode(
      .offset, .length, else: "the range ends beyond 64 bits",
      ByteRange.init(offset:length:))
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
    self = try decoder.container(keyedBy: CodingKeys.self).decode(
      .sizeBytes, .blockBytes, else: "no medium has this geometry",
      Geometry.init(sizeBytes:blockBytes:))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sizeBytes, forKey: .sizeBytes)
    try container.encode(blockBytes, forKey: .blockBytes)
  }
}

extension KeyedDecodingContainer {
  /// What two fields make together.
  ///
  /// - Throws: `DecodingError`, with `reason` when they make nothing.
  fileprivate func decode<First: Decodable, Second: Decodable, Value>(
    _ first: Key, _ second: Key, else reason: String, _ make: (First, Second) -> Value?
  ) throws -> Value {
    let made = make(
      try decode(First.self, forKey: first), try decode(Second.self, forKey: second))
    guard let made else {
      throw DecodingError.dataCorruptedError(forKey: second, in: self, debugDescription: reason)
    }
    return made
  }
}

/// Fixed arrays inside records, element after element. Their length is part of their type.
extension InlineArray: @retroactive Encodable where Element: Encodable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    for index in indices { try container.encode(self[index]) }
  }
}

extension InlineArray: @retroactive Decodable where Element: Decodable {
  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    try self.init { _ in try container.decode(Element.self) }
  }
}

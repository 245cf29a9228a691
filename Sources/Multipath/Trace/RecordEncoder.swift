/// Writes records field by field in the order of their declaration. The compiler derives what calls it, so
/// a new field of a record needs no line of code here.
///
/// Names are left out, except for the cases of enums with values. What a layout is shows in its
/// print (`layout`), which a reader compares with its own before it reads a record. Lists have to be
/// `RecordTable`s, which say how long they are.
final class RecordEncoder: Encoder {
  var output = TraceBytes()
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]
  /// When set, the names of all fields and their types are mixed into it.
  var layout: TraceDigest?

  static func bytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = RecordEncoder()
    try value.encode(to: encoder)
    return encoder.output.bytes
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(RecordFields<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer { RecordElements(encoder: self) }

  func singleValueContainer() -> any SingleValueEncodingContainer { RecordValue(encoder: self) }

  fileprivate func note(_ name: String, _ type: Any.Type) {
    guard layout != nil else { return }
    layout?.mix("\(name):\(type)")
  }
}

private struct RecordFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: RecordEncoder
  let codingPath: [any CodingKey] = []

  func encodeNil(forKey key: Key) throws { encoder.output.append(0) }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    encoder.note(key.stringValue, T.self)
    try value.encode(to: encoder)
  }

  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
    encoder.note(key.stringValue, T?.self)
    encoder.output.append(value == nil ? 0 : 1)
    if let value { try value.encode(to: encoder) }
  }

  /// The case of an enum.
  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    encoder.output.append(text: key.stringValue)
    return encoder.container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder.unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder }
  func superEncoder(forKey key: Key) -> any Encoder { encoder }
}

private struct RecordElements: UnkeyedEncodingContainer {
  let encoder: RecordEncoder
  let codingPath: [any CodingKey] = []
  private(set) var count = 0

  init(encoder: RecordEncoder) { self.encoder = encoder }

  mutating func encodeNil() throws { encoder.output.append(0) }

  mutating func encode<T: Encodable>(_ value: T) throws {
    try value.encode(to: encoder)
    count += 1
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> { encoder.container(keyedBy: keyType) }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
  mutating func superEncoder() -> any Encoder { encoder }
}

/// Where everything ends up: the numbers themselves.
private struct RecordValue: SingleValueEncodingContainer {
  let encoder: RecordEncoder
  let codingPath: [any CodingKey] = []

  func encodeNil() throws { encoder.output.append(0) }
  func encode(_ value: Bool) throws { encoder.output.append(value ? 1 : 0) }
  func encode(_ value: UInt8) throws { encoder.output.append(value) }
  func encode(_ value: String) throws { encoder.output.append(text: value) }
  func encode(_ value: UInt) throws { encoder.output.append(number: UInt64(value)) }
  func encode(_ value: UInt16) throws { encoder.output.append(number: UInt64(value)) }
  func encode(_ value: UInt32) throws { encoder.output.append(number: UInt64(value)) }
  func encode(_ value: UInt64) throws { encoder.output.append(number: value) }
  func encode(_ value: Int) throws { encoder.output.append(signed: Int64(value)) }
  func encode(_ value: Int8) throws { encoder.output.append(signed: Int64(value)) }
  func encode(_ value: Int16) throws { encoder.output.append(signed: Int64(value)) }
  func encode(_ value: Int32) throws { encoder.output.append(signed: Int64(value)) }
  func encode(_ value: Int64) throws { encoder.output.append(signed: value) }
  func encode(_ value: Float) throws { encoder.output.append(word: value.bitPattern) }
  func encode(_ value: Double) throws { encoder.output.append(word: value.bitPattern) }
  func encode<T: Encodable>(_ value: T) throws { try value.encode(to: encoder) }
}

/// Writes a value as one line of JSON with sorted keys, byte for byte as `JSONEncoder` does.
///
/// The status of a thousand devices is some megabytes, and the thread that answers has others waiting:
/// `JSONEncoder` builds a tree of it first and takes ten times as long. Here every value is appended to one array
/// of bytes, and the fields of an object are put in order when it ends.
final class LineEncoder: Encoder {
  enum Failure: Error {
    /// A type that the protocol has no use for.
    case unsupported
  }

  /// One field, `,"key":value`, as it stands in the bytes.
  fileprivate struct Field {
    let start: Int
    let end: Int
    let keyEnd: Int
  }

  /// The object or array that is being written.
  fileprivate enum Shape {
    case undecided
    case single
    case object(firstField: Int)
    case array
  }

  fileprivate var bytes: [UInt8] = []
  fileprivate var fields: [Field] = []
  fileprivate var shape = Shape.undecided
  fileprivate var start = 0
  private var scratch: [UInt8] = []

  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = LineEncoder()
    encoder.bytes.reserveCapacity(1024)
    try encoder.append(value)
    return encoder.bytes
  }

  // MARK: Values

  fileprivate func append<Value: Encodable>(_ value: Value) throws {
    let outer = (shape, start)
    shape = .undecided
    start = bytes.count
    try value.encode(to: self)
    switch shape {
    case .undecided: bytes.append(contentsOf: "{}".utf8)
    case .single: break
    case .object(let firstField): endObject(firstField)
    case .array:
      if bytes.count == start { bytes.append(Self.openBracket) }
      bytes[start] = Self.openBracket
      bytes.append(UInt8(ascii: "]"))
    }
    (shape, start) = outer
  }

  private func endObject(_ firstField: Int) {
    let count = fields.count - firstField
    if count == 0 {
      bytes.append(Self.openBrace)
    } else if !sortFields(firstField) {
      scratch.removeAll(keepingCapacity: true)
      for field in fields[firstField...] {
        scratch.append(contentsOf: bytes[field.start..<field.end])
      }
      bytes.removeSubrange(start...)
      bytes.append(contentsOf: scratch)
    }
    bytes[start] = Self.openBrace
    bytes.append(UInt8(ascii: "}"))
    fields.removeSubrange(firstField...)
  }

  /// Puts the fields in the order of their keys; true when they were so already.
  private func sortFields(_ first: Int) -> Bool {
    var wasSorted = true
    for index in fields.indices.dropFirst(first + 1) {
      let field = fields[index]
      var place = index
      while place > first, isBefore(field, fields[place - 1]) {
        fields[place] = fields[place - 1]
        place -= 1
      }
      if place != index {
        fields[place] = field
        wasSorted = false
      }
    }
    return wasSorted
  }

  private func isBefore(_ left: Field, _ right: Field) -> Bool {
    // Behind the comma and the quotation mark.
    var (one, other) = (left.start + 2, right.start + 2)
    while one < left.keyEnd, other < right.keyEnd {
      if bytes[one] != bytes[other] { return bytes[one] < bytes[other] }
      one += 1
      other += 1
    }
    return left.keyEnd - left.start < right.keyEnd - right.start
  }

  // MARK: Leaves

  fileprivate static let openBrace = UInt8(ascii: "{")
  fileprivate static let openBracket = UInt8(ascii: "[")
  fileprivate static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")
  private static let hexDigits = Array("0123456789abcdef".utf8)

  fileprivate func append(text: String) {
    bytes.append(Self.quote)
    for byte in text.utf8 {
      if byte >= 0x20, byte != Self.quote, byte != UInt8(ascii: "\\") {
        bytes.append(byte)
      } else {
        appendEscaped(byte)
      }
    }
    bytes.append(Self.quote)
  }

  private func appendEscaped(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case Self.quote, UInt8(ascii: "\\"): bytes.append(byte)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x0c: bytes.append(UInt8(ascii: "f"))
    case 0x0a: bytes.append(UInt8(ascii: "n"))
    case 0x0d: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case _:
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(Self.hexDigits[Int(byte >> 4)])
      bytes.append(Self.hexDigits[Int(byte & 15)])
    }
  }

  fileprivate func append(flag: Bool) {
    bytes.append(contentsOf: (flag ? "true" : "false").utf8)
  }

  fileprivate func append(number: some FixedWidthInteger) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = UInt64(number.magnitude)
    let first = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[first...].reverse()
  }

  fileprivate func appendNull() { bytes.append(contentsOf: "null".utf8) }

  // MARK: Encoder

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .undecided = shape { shape = .object(firstField: fields.count) }
    return KeyedEncodingContainer(LineObject<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    shape = .array
    return LineArray(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    shape = .single
    return LineValue(encoder: self)
  }
}

/// The fields of an object.
private struct LineObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: LineEncoder
  let codingPath: [any CodingKey] = []

  private func field(_ key: Key, _ write: () throws -> Void) rethrows {
    let start = encoder.bytes.count
    encoder.bytes.append(LineEncoder.comma)
    encoder.append(text: key.stringValue)
    let keyEnd = encoder.bytes.count
    encoder.bytes.append(UInt8(ascii: ":"))
    try write()
    encoder.fields.append(
      LineEncoder.Field(start: start, end: encoder.bytes.count, keyEnd: keyEnd))
  }

  func encodeNil(forKey key: Key) { field(key) { encoder.appendNull() } }
  func encode(_ value: Bool, forKey key: Key) { field(key) { encoder.append(flag: value) } }
  func encode(_ value: String, forKey key: Key) { field(key) { encoder.append(text: value) } }
  func encode(_ value: Double, forKey key: Key) throws { throw LineEncoder.Failure.unsupported }
  func encode(_ value: Float, forKey key: Key) throws { throw LineEncoder.Failure.unsupported }
  func encode(_ value: Int, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: Int8, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: Int16, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: Int32, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: Int64, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: UInt, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: UInt8, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: UInt16, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: UInt32, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode(_ value: UInt64, forKey key: Key) { field(key) { encoder.append(number: value) } }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try field(key) { try encoder.append(value) }
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    preconditionFailure("the protocol's types have no nested containers")
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    preconditionFailure("the protocol's types have no nested containers")
  }
  func superEncoder() -> any Encoder {
    preconditionFailure("the protocol's types have no classes")
  }
  func superEncoder(forKey key: Key) -> any Encoder {
    preconditionFailure("the protocol's types have no classes")
  }
}

/// The elements of an array.
private struct LineArray: UnkeyedEncodingContainer {
  let encoder: LineEncoder
  let codingPath: [any CodingKey] = []
  private(set) var count = 0

  init(encoder: LineEncoder) { self.encoder = encoder }

  private mutating func element(_ write: (LineEncoder) throws -> Void) rethrows {
    encoder.bytes.append(LineEncoder.comma)
    try write(encoder)
    count += 1
  }

  mutating func encodeNil() { element { $0.appendNull() } }
  mutating func encode(_ value: Bool) { element { $0.append(flag: value) } }
  mutating func encode(_ value: String) { element { $0.append(text: value) } }
  mutating func encode(_ value: Double) throws { throw LineEncoder.Failure.unsupported }
  mutating func encode(_ value: Float) throws { throw LineEncoder.Failure.unsupported }
  mutating func encode(_ value: Int) { element { $0.append(number: value) } }
  mutating func encode(_ value: Int8) { element { $0.append(number: value) } }
  mutating func encode(_ value: Int16) { element { $0.append(number: value) } }
  mutating func encode(_ value: Int32) { element { $0.append(number: value) } }
  mutating func encode(_ value: Int64) { element { $0.append(number: value) } }
  mutating func encode(_ value: UInt) { element { $0.append(number: value) } }
  mutating func encode(_ value: UInt8) { element { $0.append(number: value) } }
  mutating func encode(_ value: UInt16) { element { $0.append(number: value) } }
  mutating func encode(_ value: UInt32) { element { $0.append(number: value) } }
  mutating func encode(_ value: UInt64) { element { $0.append(number: value) } }
  mutating func encode<Value: Encodable>(_ value: Value) throws {
    try element { try $0.append(value) }
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    preconditionFailure("the protocol's types have no nested containers")
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    preconditionFailure("the protocol's types have no nested containers")
  }
  mutating func superEncoder() -> any Encoder {
    preconditionFailure("the protocol's types have no classes")
  }
}

/// A value that is no object and no array.
private struct LineValue: SingleValueEncodingContainer {
  let encoder: LineEncoder
  let codingPath: [any CodingKey] = []

  func encodeNil() { encoder.appendNull() }
  func encode(_ value: Bool) { encoder.append(flag: value) }
  func encode(_ value: String) { encoder.append(text: value) }
  func encode(_ value: Double) throws { throw LineEncoder.Failure.unsupported }
  func encode(_ value: Float) throws { throw LineEncoder.Failure.unsupported }
  func encode(_ value: Int) { encoder.append(number: value) }
  func encode(_ value: Int8) { encoder.append(number: value) }
  func encode(_ value: Int16) { encoder.append(number: value) }
  func encode(_ value: Int32) { encoder.append(number: value) }
  func encode(_ value: Int64) { encoder.append(number: value) }
  func encode(_ value: UInt) { encoder.append(number: value) }
  func encode(_ value: UInt8) { encoder.append(number: value) }
  func encode(_ value: UInt16) { encoder.append(number: value) }
  func encode(_ value: UInt32) { encoder.append(number: value) }
  func encode(_ value: UInt64) { encoder.append(number: value) }
  func encode<Value: Encodable>(_ value: Value) throws { try encoder.append(value) }
}

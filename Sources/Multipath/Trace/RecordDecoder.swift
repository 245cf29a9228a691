/// Reads what `RecordEncoder` wrote. Every number is checked against its type and every case against its
/// enum, so that bytes of unknown origin give valid values or an error; whether the values fit
/// together is for `SnapshotCheck` to say.
final class RecordDecoder: Decoder {
  private var source: TraceSource
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  init(_ bytes: ArraySlice<UInt8>) { source = TraceSource(bytes) }

  /// A value that takes up all of `bytes`.
  static func value<T: Decodable>(
    _ type: T.Type, from bytes: ArraySlice<UInt8>
  ) throws(TraceDamage) -> T {
    let decoder = RecordDecoder(bytes)
    let value: T
    do {
      value = try T(from: decoder)
    } catch let damage as TraceDamage {
      throw damage
    } catch {
      throw .malformed("\(T.self) has an impossible value")
    }
    guard decoder.source.left == 0 else { throw .malformed("something follows a \(T.self)") }
    return value
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(RecordFields<Key>(decoder: self))
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer { RecordElements(decoder: self) }
  func singleValueContainer() -> any SingleValueDecodingContainer { RecordValue(decoder: self) }

  fileprivate func flag() throws(TraceDamage) -> Bool {
    switch try source.byte() {
    case 0: return false
    case 1: return true
    case _: throw .malformed("a flag is neither off nor on")
    }
  }

  fileprivate func byte() throws(TraceDamage) -> UInt8 { try source.byte() }
  fileprivate func text() throws(TraceDamage) -> String { try source.text() }

  fileprivate func unsigned<Word: FixedWidthInteger>(
    _ type: Word.Type
  ) throws(TraceDamage) -> Word { try source.number(type) }

  fileprivate func signed<Word: FixedWidthInteger>(
    _ type: Word.Type
  ) throws(TraceDamage) -> Word {
    guard let word = Word(exactly: try source.signed()) else {
      throw .malformed("a number does not fit \(Word.bitWidth) bits")
    }
    return word
  }

  fileprivate func word<Word: FixedWidthInteger>(
    _ type: Word.Type
  ) throws(TraceDamage) -> Word { try source.word(type) }

  /// The name of an enum's case, which stays where it is.
  fileprivate func nextCase() -> String? {
    var ahead = source
    return try? ahead.text()
  }

  fileprivate func skipCase() throws(TraceDamage) { _ = try source.text() }
}

private struct RecordFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: RecordDecoder
  let codingPath: [any CodingKey] = []

  /// Asked for by enums only.
  var allKeys: [Key] { decoder.nextCase().flatMap { Key(stringValue: $0) }.map { [$0] } ?? [] }

  func contains(_ key: Key) -> Bool { true }
  func decodeNil(forKey key: Key) throws -> Bool { try !decoder.flag() }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try T(from: decoder) }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    try decoder.flag() ? try T(from: decoder) : nil
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try decoder.skipCase()
    return decoder.container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
    decoder.unkeyedContainer()
  }

  func superDecoder() -> any Decoder { decoder }
  func superDecoder(forKey key: Key) -> any Decoder { decoder }
}

private struct RecordElements: UnkeyedDecodingContainer {
  let decoder: RecordDecoder
  let codingPath: [any CodingKey] = []
  let count: Int? = nil
  /// Nobody knows: whoever reads a list knows how long it is.
  let isAtEnd = false
  private(set) var currentIndex = 0

  init(decoder: RecordDecoder) { self.decoder = decoder }

  mutating func decodeNil() throws -> Bool { try !decoder.flag() }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    currentIndex += 1
    return try T(from: decoder)
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> { decoder.container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { self }
  mutating func superDecoder() -> any Decoder { decoder }
}

private struct RecordValue: SingleValueDecodingContainer {
  let decoder: RecordDecoder
  let codingPath: [any CodingKey] = []

  func decodeNil() -> Bool { false }
  func decode(_ type: Bool.Type) throws -> Bool { try decoder.flag() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.byte() }
  func decode(_ type: String.Type) throws -> String { try decoder.text() }
  func decode(_ type: UInt.Type) throws -> UInt { try decoder.unsigned(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.unsigned(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.unsigned(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.unsigned(type) }
  func decode(_ type: Int.Type) throws -> Int { try decoder.signed(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try decoder.signed(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try decoder.signed(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try decoder.signed(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try decoder.signed(type) }

  func decode(_ type: Float.Type) throws -> Float {
    Float(bitPattern: try decoder.word(UInt32.self))
  }

  func decode(_ type: Double.Type) throws -> Double {
    Double(bitPattern: try decoder.word(UInt64.self))
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: decoder) }
}

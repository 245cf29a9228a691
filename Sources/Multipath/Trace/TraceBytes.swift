/// Bytes that grow at their end: what the parts of a trace are written into.
struct TraceBytes {
  var bytes: [UInt8] = []

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// Seven bits a byte, the lowest first; small numbers are short.
  mutating func append(number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// As a number, with the sign in its lowest bit.
  mutating func append(signed: Int64) {
    append(number: UInt64(bitPattern: signed &<< 1 ^ signed &>> 63))
  }

  /// Four or eight bytes, the lowest first.
  mutating func append<Word: FixedWidthInteger>(word: Word) {
    for shift in stride(from: 0, to: Word.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: word >> Word(shift)))
    }
  }

  mutating func append(text: String) {
    append(number: UInt64(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }
}

/// The same bytes from front to back. Whoever wrote them may be nobody we know: everything read is checked
/// against what is left.
struct TraceSource {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var left: Int { bytes.endIndex - position }

  mutating func byte() throws(TraceDamage) -> UInt8 {
    guard left > 0 else { throw .cutOff }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func number() throws(TraceDamage) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      let byte = try byte()
      let part = UInt64(byte & 0x7f)
      guard shift < 63 || part <= 1 else { throw .malformed("a number is too large") }
      result |= part &<< shift
      if byte & 0x80 == 0 { return result }
    }
    throw .malformed("a number is too long")
  }

  /// A number that fits `type`.
  mutating func number<Word: FixedWidthInteger>(_ type: Word.Type) throws(TraceDamage) -> Word {
    guard let word = Word(exactly: try number()) else {
      throw .malformed("a number does not fit \(Word.bitWidth) bits")
    }
    return word
  }

  mutating func signed() throws(TraceDamage) -> Int64 {
    let raw = try number()
    return Int64(bitPattern: raw &>> 1) ^ -Int64(bitPattern: raw & 1)
  }

  mutating func word<Word: FixedWidthInteger>(_ type: Word.Type) throws(TraceDamage) -> Word {
    var result: Word = 0
    for shift in stride(from: 0, to: Word.bitWidth, by: 8) {
      result |= Word(truncatingIfNeeded: UInt64(try byte())) << Word(shift)
    }
    return result
  }

  mutating func text() throws(TraceDamage) -> String {
    let slice = try take(try number(Int.self))
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw .malformed("a text is no UTF-8")
    }
    return text
  }

  mutating func take(_ count: Int) throws(TraceDamage) -> ArraySlice<UInt8> {
    guard count >= 0, count <= left else { throw .cutOff }
    defer { position += count }
    return bytes[position..<position + count]
  }
}

/// What is wrong with the bytes of a trace.
enum TraceDamage: Error, Hashable {
  /// They end in the middle.
  case cutOff
  /// They say something impossible.
  case malformed(String)
}

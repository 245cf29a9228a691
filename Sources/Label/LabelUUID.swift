/// What tells one labelled device from another: 36 characters, as in
/// `6ba7b810-9dad-11d1-80b4-00c04fd430c8`.
///
/// FreeBSD compares the texts and accepts any; it has only ever written this form, so another is damage.
package struct LabelUUID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package static let length = 36
  private static let hyphens = [8, 13, 18, 23]
  private static let digits = Array("0123456789abcdef".utf8)

  package let text: String

  package init(_ text: String) throws(LabelError) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty else { throw .emptyUUID }
    let isWellFormed =
      bytes.count == Self.length
      && bytes.indices.allSatisfy { index in
        Self.hyphens.contains(index)
          ? bytes[index] == UInt8(ascii: "-") : Self.isHexadecimal(bytes[index])
      }
    guard isWellFormed else { throw .damagedUUID }
    self.text = text
  }

  /// A new one of 16 random bytes (RFC 9562, version 4).
  package init(random bytes: InlineArray<16, UInt8>) {
    var text: [UInt8] = []
    for index in 0..<16 {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      var byte = bytes[index]
      if index == 6 { byte = byte & 0x0f | 0x40 }
      if index == 8 { byte = byte & 0x3f | 0x80 }
      text.append(Self.digits[Int(byte >> 4)])
      text.append(Self.digits[Int(byte & 0x0f)])
    }
    self.text = String(decoding: text, as: UTF8.self)
  }

  package var description: String { text }

  package static func < (left: LabelUUID, right: LabelUUID) -> Bool { left.text < right.text }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    case _:
      false
    }
  }
}

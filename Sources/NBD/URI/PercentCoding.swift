/// Characters of addresses, and the escapes for all others (RFC 3986, section 2).
enum PercentCoding {
  /// Takes escapes out; nil for an escape that is none.
  static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var decoded: [UInt8] = []
    var rest = text.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else {
        return nil
      }
      decoded.append(high << 4 | low)
    }
    return decoded
  }

  /// Escapes everything but unreserved characters and those of `kept`.
  static func encode(_ text: String, keeping kept: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      if isUnreserved(byte) || kept.utf8.contains(byte) {
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        encoded += escape(byte)
      }
    }
    return encoded
  }

  static func escaped(_ scalar: Unicode.Scalar) -> String {
    String(scalar).utf8.map(escape).joined()
  }

  /// ALPHA, DIGIT, "-", ".", "_", "~".
  static func isUnreserved(_ byte: UInt8) -> Bool {
    switch Unicode.Scalar(byte) {
    case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
    default: false
    }
  }

  /// The sub-delims of RFC 3986, which may stand for themselves in every part.
  static func isSubDelimiter(_ byte: UInt8) -> Bool { "!$&'()*+,;=".utf8.contains(byte) }

  private static func escape(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 16 ? "%0" + digits : "%" + digits
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch Unicode.Scalar(byte) {
    case "0"..."9": byte - UInt8(ascii: "0")
    case "a"..."f": byte - UInt8(ascii: "a") + 10
    case "A"..."F": byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

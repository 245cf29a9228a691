/// A device's name that was found fit to become part of a file name and of a URI.
package struct DeviceName: Hashable, Sendable {
  package static let lengthMax = 63
  /// Would name the daemon's own socket.
  package static let reserved = "control"
  /// What stands before the name where gmultipath shows the provider.
  package static let providerPrefix = "multipath/"

  package let text: String

  /// Takes a name, or refuses it with a sentence that states the whole rule.
  package init(_ text: String) throws(ControlError) {
    guard text != Self.reserved else {
      throw ControlError(
        .badRequest, "the device name \(Self.reserved) is reserved", hint: "choose another name")
    }
    guard Self.isWellFormed(text) else {
      let shown = text.isEmpty ? "an empty name" : PrintableText.quoted(text, lengthMax: 80)
      throw ControlError(
        .badRequest,
        "\(shown) is no device name: a name has 1 to \(Self.lengthMax) letters, digits, "
          + "dots, underscores and hyphens, and begins with a letter or a digit",
        hint: "choose another name, such as data or disk-1")
    }
    self.text = text
  }

  private static func isWellFormed(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetterOrDigit(first) else { return false }
    guard text.utf8.count <= lengthMax else { return false }
    return text.utf8.allSatisfy { byte in
      isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-")
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case _:
      false
    }
  }
}

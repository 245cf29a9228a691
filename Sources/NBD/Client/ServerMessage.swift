/// A server's message for people, made fit for a log: one line, printable and short.
enum ServerMessage {
  /// Longest part that is kept, in characters; servers say in a line what matters.
  static let charactersMax = 200

  /// Bytes that are no UTF-8 are repaired, so that the message never hides the error it came with.
  static func printable(_ bytes: some Collection<UInt8>) -> String {
    var text = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix(charactersMax) {
      text.unicodeScalars.append(isPrintable(scalar) ? scalar : "?")
    }
    return text
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: true
    }
  }
}

/// Text from outside, made safe for a terminal and for a one-line message.
package enum PrintableText {
  /// Shows control characters as escapes and cuts what is longer than `lengthMax` characters.
  ///
  /// A file name may hold an escape sequence that would rewrite the operator's screen.
  package static func escaped(_ text: String, lengthMax: Int = Int.max) -> String {
    var result = ""
    var length = 0
    for scalar in text.unicodeScalars {
      guard length < lengthMax else { return result + "..." }
      length += 1
      if isSafe(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return result
  }

  /// The same, in quotes where one could not see otherwise where it begins and ends: empty text, and blanks
  /// at an end.
  package static func quoted(_ text: String, lengthMax: Int = Int.max) -> String {
    let shown = escaped(text, lengthMax: lengthMax)
    let ends = [text.first, text.last]
    return ends.allSatisfy { $0?.isWhitespace == false } ? shown : "'\(shown)'"
  }

  private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
    case _: true
    }
  }
}

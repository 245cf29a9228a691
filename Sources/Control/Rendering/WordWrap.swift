/// Breaks sentences into lines that fit a terminal.
enum WordWrap {
  /// The lines of a text; all but the first are indented by `indent` more blanks.
  ///
  /// A word longer than a line is not broken: it is a name, which an operator wants to copy.
  static func lines(
    _ text: String, first: String = "", indent: Int, columnsMax: Int = RenderingContext.columnsMax
  ) -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > columnsMax {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += isEmpty ? String(word) : " " + word
      isEmpty = false
    }
    return lines + [line]
  }
}

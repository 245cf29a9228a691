/// The result in a reply as text, without making a value of it.
enum ReplyText {
  /// The bytes of the value that a field of the outermost object has; nil when there is no such field, or the line is
  /// no object.
  static func field(_ name: String, of line: [UInt8]) -> ArraySlice<UInt8>? {
    guard line.first == UInt8(ascii: "{") else { return nil }
    let wanted = Array("\"\(name)\"".utf8)
    var place = 1
    while place < line.count, line[place] == UInt8(ascii: "\"") {
      let keyEnd = LineIndenter.endOfText(line, from: place)
      guard keyEnd < line.count, line[keyEnd] == UInt8(ascii: ":") else { return nil }
      let valueEnd = endOfValue(line, from: keyEnd + 1)
      guard valueEnd < line.count else { return nil }
      if line[place..<keyEnd].elementsEqual(wanted) { return line[(keyEnd + 1)..<valueEnd] }
      place = valueEnd + 1
    }
    return nil
  }

  /// The comma or bracket behind the value that begins at `start`; the end of the line when there is none.
  private static func endOfValue(_ line: [UInt8], from start: Int) -> Int {
    var place = start
    var depth = 0
    while place < line.count {
      switch line[place] {
      case UInt8(ascii: "\""):
        place = LineIndenter.endOfText(line, from: place)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return place }
        depth -= 1
      case UInt8(ascii: ",") where depth == 0: return place
      case _: break
      }
      place += 1
    }
    return place
  }
}

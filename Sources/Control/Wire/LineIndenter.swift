/// Sets a line of JSON out over many, byte for byte as `JSONEncoder` does when it is asked for pretty printing.
///
/// What `--json` prints is what came over the socket: for a thousand devices, making values of it first and text of
/// those again takes ten times as long.
struct LineIndenter {
  private static let quote = UInt8(ascii: "\"")
  private static let backslash = UInt8(ascii: "\\")
  /// Spaces of a line that is nested this deep and less; deeper ones are put together.
  private static let spaces = [UInt8](repeating: UInt8(ascii: " "), count: 32)

  private var text: [UInt8] = []
  private var depth = 0
  /// A bracket was opened, and nothing stands behind it yet.
  private var isOpened = false

  /// - Parameter line: JSON without white space, as `LineEncoder` writes it.
  static func indented(_ line: [UInt8]) -> [UInt8] {
    var indenter = LineIndenter()
    indenter.text.reserveCapacity(line.count * 2)
    indenter.take(line)
    return indenter.text
  }

  private mutating func take(_ line: [UInt8]) {
    var place = 0
    while place < line.count {
      let byte = line[place]
      switch byte {
      case Self.quote:
        indentFirst()
        let end = Self.endOfText(line, from: place)
        text.append(contentsOf: line[place..<end])
        place = end
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        indentFirst()
        text.append(byte)
        text.append(LineFramer.lineFeed)
        depth += 1
        isOpened = true
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        // An empty one has an empty line between its brackets.
        isOpened = false
        depth -= 1
        text.append(LineFramer.lineFeed)
        indent()
        text.append(byte)
      case UInt8(ascii: ","):
        text.append(byte)
        text.append(LineFramer.lineFeed)
        indent()
      case UInt8(ascii: ":"): text.append(contentsOf: " : ".utf8)
      case _:
        indentFirst()
        text.append(byte)
      }
      place += 1
    }
  }

  private mutating func indentFirst() {
    guard isOpened else { return }
    isOpened = false
    indent()
  }

  private mutating func indent() {
    var left = depth * 2
    while left > 0 {
      let count = min(left, Self.spaces.count)
      text.append(contentsOf: Self.spaces[..<count])
      left -= count
    }
  }

  /// Behind the closing quotation mark of the text that begins at `start`.
  static func endOfText(_ line: [UInt8], from start: Int) -> Int {
    var place = start + 1
    while place < line.count, line[place] != quote {
      place += line[place] == backslash ? 2 : 1
    }
    return min(place + 1, line.count)
  }
}

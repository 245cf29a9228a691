import Control
import Testing

@Suite("Lines of a byte stream")
struct LineFramerTests {
  private func events(_ chunks: [String], limit: Int) -> [LineFramer.Event] {
    var framer = LineFramer(lineBytesMax: limit)
    var events: [LineFramer.Event] = []
    for chunk in chunks { events += framer.feed(bytes(chunk)) }
    return events
  }

  @Test("lines are cut at line feeds, an unfinished one waits")
  func lines() {
    #expect(events(["ab\n\ncd"], limit: 8) == [.line(bytes("ab")), .line([])])
    #expect(events(["a", "b\nc", "d\n"], limit: 8) == [.line(bytes("ab")), .line(bytes("cd"))])
  }

  @Test("a line of just the limit passes, one more byte is reported at once and only once")
  func overflow() {
    #expect(events(["1234\n"], limit: 4) == [.line(bytes("1234"))])
    #expect(events(["12345"], limit: 4) == [.overflow])
    #expect(events(["12345", "67890123"], limit: 4) == [.overflow])
  }

  @Test("after an overflow the next line is read as usual")
  func recovery() {
    #expect(events(["123456789\nok\n"], limit: 4) == [.overflow, .line(bytes("ok"))])
  }

  @Test("an endless line is not kept")
  func bounded() {
    var framer = LineFramer(lineBytesMax: 100)
    for _ in 0..<1000 {
      _ = framer.feed([UInt8](repeating: 65, count: 77))
      #expect(framer.pendingBytes <= 100)
    }
  }

  @Test("how the bytes were split does not matter", arguments: 0..<200 as Range<UInt64>)
  func anySplit(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let limit = Int.random(in: 1...12, using: &random)
    let stream = (0..<Int.random(in: 0...200, using: &random)).map { _ in
      Int.random(in: 0..<8, using: &random) == 0
        ? LineFramer.lineFeed : UInt8.random(in: 0...255, using: &random)
    }
    var framer = LineFramer(lineBytesMax: limit)
    var found: [LineFramer.Event] = []
    var rest = stream[...]
    while !rest.isEmpty {
      let count = Int.random(in: 0...min(rest.count, 9), using: &random)
      found += framer.feed(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(found == expected(stream, limit: limit), "seed \(seed)")
  }

  /// The same by splitting the whole stream, which a real connection never has.
  private func expected(_ stream: [UInt8], limit: Int) -> [LineFramer.Event] {
    let pieces = stream.split(separator: LineFramer.lineFeed, omittingEmptySubsequences: false)
    return pieces.enumerated().compactMap { index, piece in
      if piece.count > limit { return .overflow }
      return index == pieces.count - 1 ? nil : .line(Array(piece))
    }
  }
}

import Control
import Testing

@Suite("Traces on the wire")
struct TraceWireTests {
  @Test("a piece of a trace file travels as base64")
  func chunk() throws {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
    let line = try TraceLine(chunk: bytes).encoded()
    #expect(line.last == LineFramer.lineFeed)
    let back = try TraceLine.decode(Array(line.dropLast()))
    #expect(back.bytes == bytes)
    #expect(back.end == nil)
  }

  @Test("the end says why it came and what is missing")
  func end() throws {
    let end = TraceLine.End(reason: .tooSlow, inputs: 7, missing: 3)
    let line = try TraceLine(end: end).encoded()
    #expect(
      String(decoding: line, as: UTF8.self)
        == #"{"end":{"inputs":7,"missing":3,"reason":"too-slow"}}"# + "\n")
    #expect(try TraceLine.decode(Array(line.dropLast())).end == end)
  }

  @Test("what is no base64 is no piece of a file")
  func nonsense() throws {
    let line = try TraceLine.decode(Array(#"{"chunk":"***"}"#.utf8))
    #expect(line.bytes == nil)
    #expect(line.end == nil)
  }
}

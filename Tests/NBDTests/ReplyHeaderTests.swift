import NBD
import Testing

@Suite("Reply headers")
struct ReplyHeaderTests {
  private func encoded(_ content: ReplyContent, _ style: ReplyStyle) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: ReplyHeader.encodedBytesMax + 1)
    let count = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe ReplyHeader.encode(
        content, cookie: 0x0102_0304_0506_0708, offset: 0x1000, style, into: base + 1)
    }
    #expect(bytes[0] == 0xee)
    return Array(bytes[1..<(1 + count)])
  }

  private let cookie = Bytes.be64(0x0102_0304_0506_0708)

  @Test("a simple reply is the same for data and for none")
  func simple() {
    let success = Bytes.be32(0x6744_6698) + Bytes.be32(0) + cookie
    #expect(encoded(.success, .simple) == success)
    #expect(encoded(.data(bytes: 512), .simple) == success)
    #expect(
      encoded(.failure(.noSpace), .simple) == Bytes.be32(0x6744_6698) + Bytes.be32(28) + cookie)
  }

  // t26, t27
  @Test("a structured reply is one chunk, the last")
  func structured() {
    let start = Bytes.be32(0x668e_33ef) + Bytes.be16(1)
    #expect(encoded(.success, .structured) == start + Bytes.be16(0) + cookie + Bytes.be32(0))
    #expect(
      encoded(.data(bytes: 512), .structured)
        == start + Bytes.be16(1) + cookie + Bytes.be32(520) + Bytes.be64(0x1000))
    #expect(
      encoded(.allocation(extents: 3), .structured)
        == start + Bytes.be16(5) + cookie + Bytes.be32(28) + Bytes.be32(1))
  }

  @Test("an extended reply has the offset and a longer length")
  func extended() {
    let start = Bytes.be32(0x6e8a_278c) + Bytes.be16(1)
    let middle = cookie + Bytes.be64(0x1000)
    #expect(encoded(.success, .extended) == start + Bytes.be16(0) + middle + Bytes.be64(0))
    #expect(
      encoded(.data(bytes: 512), .extended)
        == start + Bytes.be16(1) + middle + Bytes.be64(520) + Bytes.be64(0x1000))
    #expect(
      encoded(.allocation(extents: 3), .extended)
        == start + Bytes.be16(6) + middle + Bytes.be64(56) + Bytes.be32(1) + Bytes.be32(3))
  }

  @Test(
    "every error has its number and a sentence, and fits",
    arguments: NBDError.allCases, [ReplyStyle.structured, .extended])
  func errors(error: NBDError, style: ReplyStyle) throws {
    let bytes = encoded(.failure(error), style)
    let header = style == .extended ? 32 : 20
    try #require((header + 7...ReplyHeader.encodedBytesMax).contains(bytes.count))
    #expect(Array(bytes[6..<8]) == [0x80, 0x01])
    #expect(Array(bytes[header..<(header + 4)]) == Bytes.be32(error.rawValue))
    let message = bytes[(header + 6)...]
    #expect(Array(bytes[(header + 4)..<(header + 6)]) == Bytes.be16(UInt16(message.count)))
    #expect(Array(bytes[(header - 4)..<header]) == Bytes.be32(UInt32(6 + message.count)))
    #expect(String(validating: message, as: UTF8.self)?.contains(" ") == true)
  }

  @Test("an extent is a hole that reads as zeroes, or is not known to be one")
  func extents() {
    for (style, isHole, expected) in [
      (.structured, true, Bytes.be32(4096) + Bytes.be32(3)),
      (.structured, false, Bytes.be32(4096) + Bytes.be32(0)),
      (.extended, true, Bytes.be64(4096) + Bytes.be64(3)),
    ] as [(ReplyStyle, Bool, [UInt8])] {
      var bytes = [UInt8](repeating: 0xee, count: AllocationExtent.encodedBytes(style))
      unsafe bytes.withUnsafeMutableBytes { buffer in
        guard let base = buffer.baseAddress else { return }
        unsafe AllocationExtent(lengthBytes: 4096, isHole: isHole).encode(style, into: base)
      }
      #expect(bytes == expected)
    }
  }
}

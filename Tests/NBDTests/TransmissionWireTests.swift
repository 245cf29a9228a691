import NBD
import Testing

@Suite("Requests and replies on the wire")
struct TransmissionWireTests {
  @Test("a header is read field by field, big-endian, at any alignment", arguments: 0..<9)
  func decode(offset: Int) {
    let bytes: [UInt8] =
      [UInt8](repeating: 0xee, count: offset) + [
        0x25, 0x60, 0x95, 0x13, 0x01, 0x02, 0x03, 0x04, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
        0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x31, 0x32, 0x33, 0x34, 0xee,
      ]
    let header = RequestHeader.decode(
      unsafe bytes.span.bytes.extracting(droppingFirst: offset))
    #expect(
      header
        == RequestHeader(
          magic: 0x2560_9513, flags: 0x0102, type: 0x0304, cookie: 0x1112_1314_1516_1718,
          offset: 0x2122_2324_2526_2728, length: 0x3132_3334))
  }

  // t19
  @Test("a reply is 16 bytes with the cookie bit for bit")
  func encode() {
    #expect(
      encoded(error: nil, cookie: 0x0102_0304_0506_0708)
        == [0x67, 0x44, 0x66, 0x98, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(
      encoded(error: .shutdown, cookie: 0xffff_ffff_0000_0001)
        == [0x67, 0x44, 0x66, 0x98, 0, 0, 0, 108, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1])
  }

  @Test("a reply touches nothing around it")
  func encodeInPlace() {
    var bytes = [UInt8](repeating: 0xaa, count: 19)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe SimpleReply.encode(error: .invalid, cookie: 0, into: base + 1)
    }
    #expect(
      bytes == [0xaa] + Bytes.be32(0x6744_6698) + Bytes.be32(22) + Bytes.be64(0) + [0xaa, 0xaa])
  }

  private func encoded(error: NBDError?, cookie: UInt64) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: SimpleReply.encodedBytes)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe SimpleReply.encode(error: error, cookie: cookie, into: base)
    }
    return bytes
  }
}

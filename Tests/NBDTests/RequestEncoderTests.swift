import BlockIO
import NBD
import Testing

@Suite("Requests of the client")
struct RequestEncoderTests {
  private static let all: TransmissionFlags = [
    .hasFlags, .sendFlush, .sendFUA, .sendTrim, .sendWriteZeroes, .sendFastZero,
  ]

  @Test("a request is 28 bytes, big-endian, and touches nothing around it")
  func encode() throws {
    let range = try #require(ByteRange(offset: 0x2122_2324_2526_2728, length: 0x3132_3334))
    #expect(
      encoded(.write, .forceUnitAccess, range)
        == [0xaa] + Bytes.be32(0x2560_9513) + [0, 1, 0, 1] + Bytes.be64(0x0000_0007_0000_0003)
        + Bytes.be64(0x2122_2324_2526_2728) + Bytes.be32(0x3132_3334) + [0xaa])
    let types: [(BlockIO.Operation, UInt8)] = [
      (.read, 0), (.write, 1), (.flush, 3), (.discard, 4), (.writeZeroes, 6),
    ]
    for (operation, type) in types { #expect(encoded(operation, [], range)[8] == type) }
  }

  @Test("a flush has no range")
  func flush() throws {
    let range = try #require(ByteRange(offset: 512, length: 512))
    #expect(encoded(.flush, [], range).dropFirst(17).prefix(12).allSatisfy { $0 == 0 })
  }

  @Test("what our server reads is what was written")
  func roundTrip() throws {
    let range = try #require(ByteRange(offset: 4096, length: 8192))
    let bytes = encoded(.writeZeroes, .noHole, range)
    let header = RequestHeader.decode(unsafe bytes.span.bytes.extracting(droppingFirst: 1))
    #expect(
      header
        == RequestHeader(
          flags: 2, type: 6, cookie: 0x0000_0007_0000_0003, offset: 4096, length: 8192))
  }

  @Test("flags are sent when they were offered")
  func offered() {
    let encoder = RequestEncoder(flags: Self.all)
    let wishes: OperationFlags = [.forceUnitAccess, .keepAllocated, .onlyIfFast]
    #expect(encoder.plan(.read, wishes) == .send([]))
    #expect(encoder.plan(.flush, wishes) == .send([]))
    #expect(encoder.plan(.write, wishes) == .send(.forceUnitAccess))
    #expect(encoder.plan(.discard, wishes) == .send(.forceUnitAccess))
    #expect(
      encoder.plan(.writeZeroes, wishes) == .send([.forceUnitAccess, .noHole, .fastZero]))
    #expect(encoder.plan(.write, []) == .send([]))
  }

  @Test("without FUA a flush follows; without both there is no cache")
  func durability() {
    let flushing = RequestEncoder(flags: [.hasFlags, .sendFlush])
    #expect(flushing.plan(.write, .forceUnitAccess) == .sendThenFlush([]))
    let plain = RequestEncoder(flags: .hasFlags)
    #expect(plain.plan(.write, .forceUnitAccess) == .send([]))
    #expect(plain.plan(.flush, []) == .nothingToDo)
  }

  @Test("what the server cannot do is refused")
  func refused() {
    let plain = RequestEncoder(flags: [.hasFlags, .sendWriteZeroes])
    #expect(plain.plan(.discard, []) == .refuse(errno: Errno.eopnotsupp))
    #expect(plain.plan(.writeZeroes, .onlyIfFast) == .refuse(errno: Errno.eopnotsupp))
    #expect(plain.plan(.writeZeroes, []) == .send([]))
    #expect(
      RequestEncoder(flags: .hasFlags).plan(.writeZeroes, []) == .refuse(errno: Errno.eopnotsupp))
    let readOnly = RequestEncoder(flags: Self.all.union(.readOnly))
    for operation in BlockIO.Operation.allCases where operation.modifies {
      #expect(readOnly.plan(operation, []) == .refuse(errno: Errno.erofs))
    }
    #expect(readOnly.plan(.read, []) == .send([]))
  }

  private func encoded(
    _ operation: BlockIO.Operation, _ command: CommandFlags, _ range: ByteRange
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xaa, count: 30)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe RequestEncoder(flags: Self.all).encode(
        operation, command, cookie: RequestCookie(slot: 3, generation: 7), range: range,
        into: base + 1)
    }
    return bytes
  }
}

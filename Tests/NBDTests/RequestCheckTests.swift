import BlockIO
import NBD
import Testing

/// An export of 1 MiB in blocks of 512 bytes which offers everything that can be offered.
private let everything = RequestLimits(
  sizeBytes: 1 << 20, minimumBlockBytes: 512, maximumPayloadBytes: 65536,
  flags: [
    .hasFlags, .sendFlush, .sendFUA, .sendTrim, .sendWriteZeroes, .sendCache, .sendFastZero,
  ])

private let bare = limits(everything, flags: [.hasFlags])
private let readOnly = limits(everything, flags: everything.flags.union(.readOnly))

private func limits(_ limits: RequestLimits, flags: TransmissionFlags) -> RequestLimits {
  RequestLimits(
    sizeBytes: limits.sizeBytes, minimumBlockBytes: limits.minimumBlockBytes,
    maximumPayloadBytes: limits.maximumPayloadBytes, flags: flags)
}

private func decide(
  _ type: UInt16, _ offset: UInt64 = 0, _ length: UInt32 = 512, flags: UInt16 = 0,
  limits: RequestLimits = everything
) -> RequestDecision {
  let bytes = Bytes.request(flags: flags, type: type, offset: offset, length: length)
  return RequestCheck.decide(RequestHeader.decode(unsafe bytes.span.bytes), limits: limits)
}

private func accept(
  _ operation: BlockIO.Operation, _ flags: OperationFlags = [], _ offset: UInt64 = 0,
  _ length: UInt64 = 512
) throws -> RequestDecision {
  .accept(operation, flags, try #require(ByteRange(offset: offset, length: length)))
}

private func payload(_ type: UInt16, _ length: UInt32 = 512) -> UInt32 { type == 1 ? length : 0 }

@Suite("Request check")
struct RequestCheckTests {
  /// READ, WRITE, TRIM, CACHE, WRITE_ZEROES.
  private static let ranged: [UInt16] = [0, 1, 4, 5, 6]

  @Test("each command becomes its operation on the range")
  func operations() throws {
    #expect(decide(0, 1024, 4096) == (try accept(.read, [], 1024, 4096)))
    #expect(decide(1, 1024, 4096) == (try accept(.write, [], 1024, 4096)))
    #expect(decide(4, 1024, 4096) == (try accept(.discard, [], 1024, 4096)))
    #expect(decide(6, 1024, 4096) == (try accept(.writeZeroes, [], 1024, 4096)))
    #expect(decide(3, 0, 0) == .accept(.flush, [], .empty))
    #expect(decide(5, 1024, 4096) == .acknowledge)
    #expect(decide(2, 0, 0) == .disconnect)
  }

  // t01
  @Test(
    "a wrong magic is fatal",
    arguments: [0, 0x2560_9514, 0x1256_0953, 0x1395_6025, 0x21e4_1c71] as [UInt32])
  func magic(magic: UInt32) {
    let bytes = Bytes.request(magic: magic, type: 0, length: 512)
    #expect(
      RequestCheck.decide(RequestHeader.decode(unsafe bytes.span.bytes), limits: everything)
        == .fatal(.badRequestMagic(magic)))
  }

  // t02, t24, t30
  @Test(
    "unknown and unoffered commands are invalid", arguments: [7, 8, 9, 0x100, 0xffff] as [UInt16])
  func unknown(type: UInt16) {
    #expect(decide(type) == .reject(.invalid, payloadBytes: 0))
  }

  // t30
  @Test("commands whose flag was not sent are invalid", arguments: [3, 4, 5, 6] as [UInt16])
  func notOffered(type: UInt16) {
    #expect(decide(type, limits: bare) == .reject(.invalid, payloadBytes: 0))
  }

  @Test("reading and writing need no offer")
  func alwaysOffered() throws {
    #expect(decide(0, limits: bare) == (try accept(.read)))
    #expect(decide(1, limits: bare) == (try accept(.write)))
  }

  // t29
  @Test("FUA is accepted on every command and reaches those that write")
  func forceUnitAccess() throws {
    #expect(decide(0, flags: 1) == (try accept(.read)))
    #expect(decide(1, flags: 1) == (try accept(.write, .forceUnitAccess)))
    #expect(decide(3, 0, 0, flags: 1) == .accept(.flush, [], .empty))
    #expect(decide(4, flags: 1) == (try accept(.discard, .forceUnitAccess)))
    #expect(decide(5, flags: 1) == .acknowledge)
    #expect(decide(6, flags: 1) == (try accept(.writeZeroes, .forceUnitAccess)))
    #expect(decide(2, 0, 0, flags: 1) == .disconnect)
  }

  @Test("FUA that was not offered is invalid", arguments: [0, 1] as [UInt16])
  func forceUnitAccessNotOffered(type: UInt16) {
    #expect(
      decide(type, flags: 1, limits: bare) == .reject(.invalid, payloadBytes: payload(type)))
  }

  // t03, t04, t05
  @Test(
    "unknown and misplaced flags are invalid, and a payload is swallowed",
    arguments: [0, 1, 3, 4, 5] as [UInt16],
    [0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x8000, 0x03] as [UInt16])
  func misplacedFlags(type: UInt16, flags: UInt16) {
    #expect(decide(type, flags: flags) == .reject(.invalid, payloadBytes: payload(type)))
  }

  @Test(
    "WRITE_ZEROES takes FUA, NO_HOLE and FAST_ZERO and nothing else",
    arguments: 0..<16 as Range<UInt16>)
  func writeZeroesFlags(bit: UInt16) throws {
    let legal: [UInt16: OperationFlags] = [
      0: .forceUnitAccess, 1: .keepAllocated, 4: .onlyIfFast,
    ]
    let expected: RequestDecision
    if let flags = legal[bit] {
      expected = try accept(.writeZeroes, flags)
    } else {
      expected = .reject(.invalid, payloadBytes: 0)
    }
    #expect(decide(6, flags: 1 << bit) == expected)
    #expect(
      decide(6, flags: 0x13)
        == (try accept(
          .writeZeroes,
          [
            .forceUnitAccess, .keepAllocated, .onlyIfFast,
          ])))
  }

  // t28
  @Test("FAST_ZERO that was not offered is invalid")
  func fastZeroNotOffered() {
    let offered = limits(everything, flags: everything.flags.subtracting(.sendFastZero))
    #expect(decide(6, flags: 0x10, limits: offered) == .reject(.invalid, payloadBytes: 0))
  }

  // t06, t08, t09, t25
  @Test(
    "past the end there is no space to write and nothing else to find", arguments: ranged,
    [
      (1 << 20, 512), ((1 << 20) - 512, 1024), (0, (1 << 20) + 512), (1 << 40, 512),
      ((1 << 20) + 512, 0),
    ] as [(UInt64, UInt32)])
  func pastTheEnd(type: UInt16, range: (UInt64, UInt32)) {
    // The payload limit is raised: this is about the range.
    let roomy = RequestLimits(
      sizeBytes: 1 << 20, minimumBlockBytes: 512, maximumPayloadBytes: 1 << 24,
      flags: everything.flags)
    let error: NBDError = type == 1 || type == 6 ? .noSpace : .invalid
    #expect(
      decide(type, range.0, range.1, limits: roomy)
        == .reject(error, payloadBytes: payload(type, range.1)))
  }

  // t07
  @Test(
    "a range that overflows 64 bits is past the end", arguments: ranged,
    [UInt64.max - 511, UInt64.max - 65535, UInt64.max, 1 << 63])
  func overflow(type: UInt16, offset: UInt64) {
    let error: NBDError = type == 1 || type == 6 ? .noSpace : .invalid
    #expect(decide(type, offset, 65536) == .reject(error, payloadBytes: payload(type, 65536)))
  }

  @Test("the last block is inside", arguments: [0, 1, 4, 6] as [UInt16])
  func lastBlock(type: UInt16) {
    guard case .accept(_, _, let range) = decide(type, (1 << 20) - 512, 512) else {
      Issue.record("refused")
      return
    }
    #expect(range.end == 1 << 20)
  }

  @Test("the whole export may be zeroed or trimmed at once", arguments: [4, 6] as [UInt16])
  func whole(type: UInt16) throws {
    #expect(
      decide(type, 0, 1 << 20)
        == (try accept(type == 4 ? .discard : .writeZeroes, [], 0, 1 << 20)))
  }

  // t36
  @Test(
    "an unaligned range is invalid", arguments: ranged,
    [(1, 512), (0, 511), (0, 1), (256, 256), (511, 513)] as [(UInt64, UInt32)])
  func unaligned(type: UInt16, range: (UInt64, UInt32)) {
    #expect(
      decide(type, range.0, range.1) == .reject(.invalid, payloadBytes: payload(type, range.1)))
  }

  @Test("with blocks of one byte everything is aligned")
  func byteBlocks() throws {
    let bytes = RequestLimits(
      sizeBytes: 1001, minimumBlockBytes: 1, maximumPayloadBytes: 65536, flags: [.hasFlags])
    #expect(decide(0, 1000, 1, limits: bytes) == (try accept(.read, [], 1000, 1)))
  }

  // t10
  @Test(
    "nothing to do inside the export succeeds", arguments: ranged,
    [0, 512, 1 << 20] as [UInt64])
  func zeroLength(type: UInt16, offset: UInt64) {
    #expect(decide(type, offset, 0) == .acknowledge)
  }

  // t40
  @Test("a read-only export permits no writing", arguments: [1, 4, 6] as [UInt16])
  func readOnlyExport(type: UInt16) {
    let expected = RequestDecision.reject(.notPermitted, payloadBytes: payload(type))
    #expect(decide(type, limits: readOnly) == expected)
    #expect(
      decide(type, limits: limits(bare, flags: [.hasFlags, .readOnly])) == expected)
  }

  @Test("a read-only export reads, flushes and caches")
  func readOnlyReads() throws {
    #expect(decide(0, limits: readOnly) == (try accept(.read)))
    #expect(decide(3, 0, 0, limits: readOnly) == .accept(.flush, [], .empty))
    #expect(decide(5, limits: readOnly) == .acknowledge)
  }

  // t20
  @Test("a FLUSH with arguments is a flush")
  func flushWithArguments() {
    #expect(decide(3, 1, 1) == .accept(.flush, [], .empty))
    #expect(decide(3, .max, .max) == .accept(.flush, [], .empty))
  }

  // t21
  @Test("DISC ends the session whatever it carries")
  func disconnect() {
    #expect(decide(2, .max, .max, flags: 0xffff) == .disconnect)
  }

  // t11
  @Test("a READ above the payload limit is invalid", arguments: [66048, .max] as [UInt32])
  func longRead(length: UInt32) {
    #expect(decide(0, 0, length) == .reject(.invalid, payloadBytes: 0))
  }

  // t12, t13
  @Test("a WRITE above the payload limit is swallowed up to twice the limit, then fatal")
  func longWrite() throws {
    #expect(decide(1, 0, 65536) == (try accept(.write, [], 0, 65536)))
    #expect(decide(1, 0, 66048) == .reject(.invalid, payloadBytes: 66048))
    #expect(decide(1, 0, 131072) == .reject(.invalid, payloadBytes: 131072))
    #expect(decide(1, 0, 131073) == .fatal(.payloadTooLong(lengthBytes: 131073)))
    #expect(decide(1, 0, .max) == .fatal(.payloadTooLong(lengthBytes: 0xffff_ffff)))
  }

  @Test("a payload limit of 32 bits does not overflow")
  func noLimit() {
    let unlimited = RequestLimits(
      sizeBytes: 1 << 40, minimumBlockBytes: 1, maximumPayloadBytes: .max, flags: [.hasFlags])
    guard case .accept(.write, [], let range) = decide(1, 0, .max, limits: unlimited) else {
      Issue.record("refused")
      return
    }
    #expect(range.length == UInt64(UInt32.max))
  }

  // z02
  @Test("random requests are accepted only inside the export", arguments: 0..<20 as Range<UInt64>)
  func random(seed: UInt64) {
    var random = SplitMix(seed: seed)
    for _ in 0..<500 {
      let offset =
        UInt64.random(in: 0...(1 << 21), using: &random) << (Bool.random(using: &random) ? 0 : 43)
      let length =
        UInt32.random(in: 0...(1 << 18), using: &random) & ~(Bool.random(using: &random) ? 511 : 0)
      let type = UInt16.random(in: 0...9, using: &random)
      let decision = decide(type, offset & ~511, length, flags: .random(in: 0...1, using: &random))
      switch decision {
      case .accept(.flush, _, let range): #expect(range.isEmpty)
      case .accept(_, _, let range):
        #expect(range.length != 0 && range.end <= 1 << 20 && range.length % 512 == 0)
      case .reject(_, let payloadBytes): #expect(payloadBytes == payload(type, length))
      case .acknowledge, .disconnect: break
      case .describe: Issue.record("described without a context")
      case .fatal: #expect(type == 1 && length > 131072)
      }
    }
  }
}

import BlockIO
import NBD
import Testing

/// The table of issue 4's hostile server, in transmission.
@Suite("Servers that lie in transmission")
struct ClientTransmissionLieTests {
  struct Lie: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let lie: TransmissionLie
    let bytes: [UInt8]
    var structured = true
  }

  private typealias Says = ServerReplies

  /// Slot 0 reads 1024 bytes at 4096, slot 1 writes there, slot 2 flushes.
  private static let read = RequestCookie(slot: 0, generation: 1)
  private static let write = RequestCookie(slot: 1, generation: 1)
  private static let flush = RequestCookie(slot: 2, generation: 1)
  private static let raw = read.rawValue

  private static func session(structured: Bool) -> TransmissionSession {
    var session = TransmissionSession(structured: structured, outstandingMax: 4)
    session.begin(.read, slot: 0, offset: 4096, length: 1024)
    session.begin(.write, slot: 1, offset: 4096, length: 1024)
    session.begin(.flush, slot: 2)
    return session
  }

  private static func zeroes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  private static func errorHead(
    _ type: UInt16, code: UInt32 = 5, message: UInt16, length: UInt32
  ) -> [UInt8] {
    Says.chunk(
      read, type, last: true, Bytes.be32(code) + Bytes.be16(message), length: length)
  }

  /// Each is complete: the last byte is the one that gives the lie away.
  static let lies: [Lie] = framing + simple + content + errors

  private static let framing: [Lie] = [
    Lie(
      testDescription: "wrong magic", lie: .badReplyMagic(0x2560_9513),
      bytes: Bytes.be32(0x2560_9513)),
    Lie(testDescription: "zeroes", lie: .badReplyMagic(0), bytes: zeroes(4), structured: false),
    Lie(
      testDescription: "an extended reply", lie: .badReplyMagic(0x6e8a_278c),
      bytes: Bytes.be32(0x6e8a_278c)),
    Lie(
      testDescription: "a structured reply unasked", lie: .structuredNotNegotiated,
      bytes: Bytes.be32(0x668e_33ef), structured: false),
    Lie(
      testDescription: "a slot that was never used", lie: .unknownCookie(3),
      bytes: Says.simple(RequestCookie(rawValue: 3))),
    Lie(
      testDescription: "a slot beyond the table", lie: .unknownCookie(1 << 32 | 4),
      bytes: Says.simple(RequestCookie(slot: 4, generation: 1))),
    Lie(
      testDescription: "a generation to come", lie: .unknownCookie(2 << 32),
      bytes: Says.simple(RequestCookie(slot: 0, generation: 2))),
    Lie(
      testDescription: "generation 0", lie: .unknownCookie(0),
      bytes: Says.simple(RequestCookie(rawValue: 0))),
    Lie(
      testDescription: "a chunk for nothing", lie: .unknownCookie(.max),
      bytes: Says.done(RequestCookie(rawValue: .max))),
    Lie(
      testDescription: "a flush answered twice", lie: .answeredTwice(flush.rawValue),
      bytes: Says.simple(flush) + Says.simple(flush)),
    Lie(
      testDescription: "a failed write answered again by chunk",
      lie: .answeredTwice(write.rawValue),
      bytes: Says.simple(write, error: 5) + Says.done(write)),
    Lie(
      testDescription: "a READ answered twice", lie: .answeredTwice(raw),
      bytes: Says.simple(read, zeroes(1024)) + Says.simple(read), structured: false),
    Lie(
      testDescription: "a chunk after the last", lie: .answeredTwice(raw),
      bytes: Says.hole(read, at: 4096, 1024, last: true) + Says.done(read)),
  ]

  private static let simple: [Lie] = [
    Lie(
      testDescription: "READ answered simply", lie: .simpleReplyToRead(raw),
      bytes: Says.simple(read)),
    Lie(
      testDescription: "READ failed simply", lie: .simpleReplyToRead(raw),
      bytes: Says.simple(read, error: 5)),
    Lie(
      testDescription: "a chunk, then a simple reply", lie: .mixedReplies(write.rawValue),
      bytes: Says.error(write, 5, last: false) + Says.simple(write)),
    Lie(
      testDescription: "READ begun by chunks, ended simply", lie: .mixedReplies(raw),
      bytes: Says.hole(read, at: 4096, 512) + Says.simple(read, error: 5)),
  ]

  private static func outside(_ offset: UInt64, _ count: UInt32) -> TransmissionLie {
    .dataOutsideRequest(offsetBytes: offset, lengthBytes: count)
  }

  private static func badLength(_ type: UInt16, _ length: UInt32) -> TransmissionLie {
    .badChunkLength(type: type, lengthBytes: length)
  }

  private static func dataHead(_ offset: UInt64, _ length: UInt32) -> [UInt8] {
    Says.chunk(read, 1, last: false, Bytes.be64(offset), length: length)
  }

  private static let content: [Lie] = [
    Lie(
      testDescription: "data before the request", lie: outside(4095, 2), bytes: dataHead(4095, 10)),
    Lie(
      testDescription: "data over the end", lie: outside(5119, 2), bytes: dataHead(5119, 10)),
    Lie(testDescription: "data elsewhere", lie: outside(0, 512), bytes: dataHead(0, 520)),
    Lie(
      testDescription: "data at an offset that overflows", lie: outside(.max, 2),
      bytes: dataHead(.max, 10)),
    Lie(
      testDescription: "more data than was read", lie: outside(4096, 1025),
      bytes: dataHead(4096, 1033)),
    Lie(
      testDescription: "4 GiB of data", lie: outside(4096, 0xffff_fff7),
      bytes: dataHead(4096, 0xffff_ffff)),
    Lie(
      testDescription: "a hole over the end", lie: outside(5119, 2),
      bytes: Says.hole(read, at: 5119, 2)),
    Lie(
      testDescription: "a hole of 4 GiB", lie: outside(4096, .max),
      bytes: Says.hole(read, at: 4096, .max)),
    Lie(
      testDescription: "a hole of nothing", lie: .emptyContent, bytes: Says.hole(read, at: 4096, 0)),
    Lie(
      testDescription: "the same data twice",
      lie: .dataTwice(offsetBytes: 4096, lengthBytes: 2),
      bytes: Says.data(read, at: 4096, [1, 2]) + dataHead(4096, 10)),
    Lie(
      testDescription: "data that overlaps the next",
      lie: .dataTwice(offsetBytes: 4098, lengthBytes: 3),
      bytes: Says.hole(read, at: 4100, 2) + dataHead(4098, 11)),
    Lie(
      testDescription: "a hole over data", lie: .dataTwice(offsetBytes: 4096, lengthBytes: 1024),
      bytes: Says.data(read, at: 5000, [1]) + Says.hole(read, at: 4096, 1024)),
    Lie(testDescription: "no data at all", lie: .dataMissing(raw), bytes: Says.done(read)),
    Lie(
      testDescription: "short data", lie: .dataMissing(raw),
      bytes: Says.hole(read, at: 4096, 1023, last: true)),
    Lie(
      testDescription: "data with a gap", lie: .dataMissing(raw),
      bytes: Says.hole(read, at: 4096, 511) + Says.hole(read, at: 4608, 512) + Says.done(read)),
    Lie(
      testDescription: "crumbs", lie: .tooManyRuns(raw),
      bytes: (0...16).flatMap { Says.hole(read, at: 4096 + 2 * UInt64($0), 1) }),
    Lie(
      testDescription: "data for a write", lie: .contentWithoutRead(write.rawValue),
      bytes: Says.chunk(write, 1, last: true, length: 520)),
    Lie(
      testDescription: "a hole for a flush", lie: .contentWithoutRead(flush.rawValue),
      bytes: Says.chunk(flush, 2, last: true, length: 12)),
    Lie(
      testDescription: "a data chunk without data", lie: badLength(1, 8),
      bytes: Says.chunk(read, 1, last: false, length: 8)),
    Lie(
      testDescription: "a data chunk without an offset", lie: badLength(1, 7),
      bytes: Says.chunk(read, 1, last: false, length: 7)),
    Lie(
      testDescription: "a long hole chunk", lie: badLength(2, 13),
      bytes: Says.chunk(read, 2, last: false, length: 13)),
    Lie(
      testDescription: "an empty chunk with a length", lie: badLength(0, 1),
      bytes: Says.chunk(write, 0, last: true, length: 1)),
    Lie(
      testDescription: "an empty chunk that is not the last", lie: .emptyChunkNotLast,
      bytes: Says.chunk(write, 0, last: false)),
    Lie(
      testDescription: "block status", lie: .unknownChunkType(5),
      bytes: Says.chunk(read, 5, last: false, length: 12)),
    Lie(
      testDescription: "unknown content", lie: .unknownChunkType(0x7fff),
      bytes: Says.chunk(read, 0x7fff, last: true, length: 12)),
  ]

  private static let errors: [Lie] = [
    Lie(
      testDescription: "error 0", lie: .errorWithoutNumber,
      bytes: errorHead(0x8001, code: 0, message: 0, length: 6)),
    Lie(
      testDescription: "an unknown error of 0", lie: .errorWithoutNumber,
      bytes: errorHead(0x8fff, code: 0, message: 0, length: 6)),
    Lie(
      testDescription: "an error chunk too short", lie: badLength(0x8001, 5),
      bytes: Says.chunk(read, 0x8001, last: true, length: 5)),
    Lie(
      testDescription: "an error offset too short", lie: badLength(0x8002, 13),
      bytes: Says.chunk(read, 0x8002, last: true, length: 13)),
    Lie(
      testDescription: "an endless message", lie: .messageTooLong(lengthBytes: 0xffff_fff9),
      bytes: Says.chunk(read, 0x8001, last: true, length: .max)),
    Lie(
      testDescription: "a message of 4097 bytes", lie: .messageTooLong(lengthBytes: 4097),
      bytes: Says.chunk(read, 0x8001, last: true, length: 4103)),
    Lie(
      testDescription: "a message longer than its chunk", lie: badLength(0x8001, 10),
      bytes: errorHead(0x8001, message: 5, length: 10)),
    Lie(
      testDescription: "a message shorter than its chunk", lie: badLength(0x8002, 20),
      bytes: errorHead(0x8002, message: 5, length: 20)),
    Lie(
      testDescription: "a message that claims 64 KiB", lie: .messageTooLong(lengthBytes: 65535),
      bytes: errorHead(0x8001, message: 65535, length: 10)),
    Lie(
      testDescription: "an unknown error's message over its end", lie: badLength(0x8abc, 10),
      bytes: errorHead(0x8abc, message: 5, length: 10)),
    Lie(
      testDescription: "an error elsewhere", lie: .errorOutsideRequest(offsetBytes: 5120),
      bytes: Says.error(read, 5, "there", type: 0x8002, at: 5120)),
    Lie(
      testDescription: "an error at a flush's offset", lie: .errorOutsideRequest(offsetBytes: 0),
      bytes: Says.error(flush, 5, type: 0x8002, at: 0)),
    Lie(
      testDescription: "errors without end", lie: .tooManyErrors(raw),
      bytes: (0..<17).flatMap { _ in Says.error(read, 5, last: false) }),
  ]

  @Test("are found out at the byte that says it, and nothing after it counts", arguments: lies)
  func lie(lie: Lie) {
    let behind = Says.simple(Self.flush) + Says.done(Self.write)
    for pieceBytes in [Int.max, 1, 11] {
      var session = Self.session(structured: lie.structured)
      session.receive(lie.bytes + behind, pieceBytes: pieceBytes)
      #expect(session.lie == lie.lie)
      #expect(session.consumedBytes == lie.bytes.count)
      // Sticky, and deaf.
      let events = session.events
      session.receive(behind)
      #expect(session.lie == lie.lie)
      #expect(session.events == events)
      #expect(session.consumedBytes == lie.bytes.count)
    }
    var early = Self.session(structured: lie.structured)
    early.receive(Array(lie.bytes.dropLast()))
    #expect(early.lie == nil)
    #expect(!lie.lie.sentence.isEmpty)
  }

  @Test("there are enough of them")
  func enough() {
    #expect(Self.lies.count >= 50)
  }

  @Test("noise is found out or waits, the same in pieces", arguments: 0..<300 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var input =
      Says.data(Self.read, at: 4096, Self.zeroes(512)) + Says.simple(Self.write)
      + Says.error(Self.flush, 5, "why not") + Says.hole(Self.read, at: 4608, 512)
      + Says.done(Self.read)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      input[Int.random(in: input.indices, using: &random)] ^= .random(in: 1...255, using: &random)
    }
    input += (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
    var whole = Self.session(structured: true)
    whole.receive(input)
    var cut = Self.session(structured: true)
    cut.receive(input, pieceBytes: Int.random(in: 1...30, using: &random))
    #expect(whole.lie == cut.lie)
    #expect(whole.events == cut.events)
    #expect(whole.consumedBytes == cut.consumedBytes)
    #expect(whole.outstandingCount == cut.outstandingCount)
  }
}

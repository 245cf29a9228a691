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
    let structured: Bool

    init(
      _ description: String, _ lie: TransmissionLie, _ bytes: [UInt8], structured: Bool = true
    ) {
      testDescription = description
      self.lie = lie
      self.bytes = bytes
      self.structured = structured
    }
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
    Lie("wrong magic", .badReplyMagic(0x2560_9513), Bytes.be32(0x2560_9513)),
    Lie("zeroes", .badReplyMagic(0), zeroes(4), structured: false),
    Lie("an extended reply", .badReplyMagic(0x6e8a_278c), Bytes.be32(0x6e8a_278c)),
    Lie(
      "a structured reply unasked", .structuredNotNegotiated, Bytes.be32(0x668e_33ef),
      structured: false),
    Lie("a slot that was never used", .unknownCookie(3), Says.simple(RequestCookie(rawValue: 3))),
    Lie(
      "a slot beyond the table", .unknownCookie(1 << 32 | 4),
      Says.simple(RequestCookie(slot: 4, generation: 1))),
    Lie(
      "a generation to come", .unknownCookie(2 << 32),
      Says.simple(RequestCookie(slot: 0, generation: 2))),
    Lie("generation 0", .unknownCookie(0), Says.simple(RequestCookie(rawValue: 0))),
    Lie("a chunk for nothing", .unknownCookie(.max), Says.done(RequestCookie(rawValue: .max))),
    Lie(
      "a flush answered twice", .answeredTwice(flush.rawValue),
      Says.simple(flush) + Says.simple(flush)),
    Lie(
      "a failed write answered again by chunk", .answeredTwice(write.rawValue),
      Says.simple(write, error: 5) + Says.done(write)),
    Lie(
      "a READ answered twice", .answeredTwice(raw),
      Says.simple(read, zeroes(1024)) + Says.simple(read), structured: false),
    Lie(
      "a chunk after the last", .answeredTwice(raw),
      Says.hole(read, at: 4096, 1024, last: true) + Says.done(read)),
  ]

  private static let simple: [Lie] = [
    Lie("READ answered simply", .simpleReplyToRead(raw), Says.simple(read)),
    Lie("READ failed simply", .simpleReplyToRead(raw), Says.simple(read, error: 5)),
    Lie(
      "a chunk, then a simple reply", .mixedReplies(write.rawValue),
      Says.error(write, 5, last: false) + Says.simple(write)),
    Lie(
      "READ begun by chunks, ended simply", .mixedReplies(raw),
      Says.hole(read, at: 4096, 512) + Says.simple(read, error: 5)),
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
    Lie("data before the request", outside(4095, 2), dataHead(4095, 10)),
    Lie("data over the end", outside(5119, 2), dataHead(5119, 10)),
    Lie("data elsewhere", outside(0, 512), dataHead(0, 520)),
    Lie("data at an offset that overflows", outside(.max, 2), dataHead(.max, 10)),
    Lie("more data than was read", outside(4096, 1025), dataHead(4096, 1033)),
    Lie("4 GiB of data", outside(4096, 0xffff_fff7), dataHead(4096, 0xffff_ffff)),
    Lie("a hole over the end", outside(5119, 2), Says.hole(read, at: 5119, 2)),
    Lie("a hole of 4 GiB", outside(4096, .max), Says.hole(read, at: 4096, .max)),
    Lie("a hole of nothing", .emptyContent, Says.hole(read, at: 4096, 0)),
    Lie(
      "the same data twice", .dataTwice(offsetBytes: 4096, lengthBytes: 2),
      Says.data(read, at: 4096, [1, 2]) + dataHead(4096, 10)),
    Lie(
      "data that overlaps the next", .dataTwice(offsetBytes: 4098, lengthBytes: 3),
      Says.hole(read, at: 4100, 2) + dataHead(4098, 11)),
    Lie(
      "a hole over data", .dataTwice(offsetBytes: 4096, lengthBytes: 1024),
      Says.data(read, at: 5000, [1]) + Says.hole(read, at: 4096, 1024)),
    Lie("no data at all", .dataMissing(raw), Says.done(read)),
    Lie("short data", .dataMissing(raw), Says.hole(read, at: 4096, 1023, last: true)),
    Lie(
      "data with a gap", .dataMissing(raw),
      Says.hole(read, at: 4096, 511) + Says.hole(read, at: 4608, 512) + Says.done(read)),
    Lie(
      "crumbs", .tooManyRuns(raw),
      (0...16).flatMap { Says.hole(read, at: 4096 + 2 * UInt64($0), 1) }),
    Lie(
      "data for a write", .contentWithoutRead(write.rawValue),
      Says.chunk(write, 1, last: true, length: 520)),
    Lie(
      "a hole for a flush", .contentWithoutRead(flush.rawValue),
      Says.chunk(flush, 2, last: true, length: 12)),
    Lie("a data chunk without data", badLength(1, 8), Says.chunk(read, 1, last: false, length: 8)),
    Lie(
      "a data chunk without an offset", badLength(1, 7), Says.chunk(read, 1, last: false, length: 7)
    ),
    Lie("a long hole chunk", badLength(2, 13), Says.chunk(read, 2, last: false, length: 13)),
    Lie(
      "an empty chunk with a length", badLength(0, 1), Says.chunk(write, 0, last: true, length: 1)),
    Lie(
      "an empty chunk that is not the last", .emptyChunkNotLast, Says.chunk(write, 0, last: false)),
    Lie("block status", .unknownChunkType(5), Says.chunk(read, 5, last: false, length: 12)),
    Lie(
      "unknown content", .unknownChunkType(0x7fff), Says.chunk(read, 0x7fff, last: true, length: 12)
    ),
  ]

  private static let errors: [Lie] = [
    Lie("error 0", .errorWithoutNumber, errorHead(0x8001, code: 0, message: 0, length: 6)),
    Lie(
      "an unknown error of 0", .errorWithoutNumber,
      errorHead(0x8fff, code: 0, message: 0, length: 6)),
    Lie(
      "an error chunk too short", badLength(0x8001, 5),
      Says.chunk(read, 0x8001, last: true, length: 5)),
    Lie(
      "an error offset too short", badLength(0x8002, 13),
      Says.chunk(read, 0x8002, last: true, length: 13)),
    Lie(
      "an endless message", .messageTooLong(lengthBytes: 0xffff_fff9),
      Says.chunk(read, 0x8001, last: true, length: .max)),
    Lie(
      "a message of 4097 bytes", .messageTooLong(lengthBytes: 4097),
      Says.chunk(read, 0x8001, last: true, length: 4103)),
    Lie(
      "a message longer than its chunk", badLength(0x8001, 10),
      errorHead(0x8001, message: 5, length: 10)),
    Lie(
      "a message shorter than its chunk", badLength(0x8002, 20),
      errorHead(0x8002, message: 5, length: 20)),
    Lie(
      "a message that claims 64 KiB", .messageTooLong(lengthBytes: 65535),
      errorHead(0x8001, message: 65535, length: 10)),
    Lie(
      "an unknown error's message over its end", badLength(0x8abc, 10),
      errorHead(0x8abc, message: 5, length: 10)),
    Lie(
      "an error elsewhere", .errorOutsideRequest(offsetBytes: 5120),
      Says.error(read, 5, "there", type: 0x8002, at: 5120)),
    Lie(
      "an error at a flush's offset", .errorOutsideRequest(offsetBytes: 0),
      Says.error(flush, 5, type: 0x8002, at: 0)),
    Lie(
      "errors without end", .tooManyErrors(raw),
      (0..<17).flatMap { _ in Says.error(read, 5, last: false) }),
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

import NBD
import Testing

@Suite("Servers that lie in the handshake")
struct ClientNegotiationLieTests {
  struct Lie: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let bytes: [UInt8]
    let failure: ClientNegotiationFailure
    var structured = false
  }

  private static let export = ServerSays.export()

  private static func sizes(
    _ minimum: UInt32, _ preferred: UInt32, _ maximum: UInt32
  ) -> Lie {
    Lie(
      testDescription: "block sizes \(minimum), \(preferred), \(maximum)",
      bytes: Bytes.greeting + ServerSays.blockSizes(minimum, preferred, maximum),
      failure: .senselessBlockSizes(
        minimumBytes: minimum, preferredBytes: preferred, maximumBytes: maximum))
  }

  /// Each is complete: the last byte is the one that gives the lie away.
  static let lies: [Lie] = [
    Lie(
      testDescription: "an SSH server", bytes: Array("SSH-2.0-".utf8),
      failure: .notNBD(0x5353_482d_322e_302d)),
    Lie(
      testDescription: "oldstyle", bytes: Array("NBDMAGIC".utf8) + Bytes.be64(0x420281861253),
      failure: .oldstyle),
    Lie(
      testDescription: "wrong second magic", bytes: Array("NBDMAGIC".utf8) + Bytes.be64(7),
      failure: .badGreeting(7)),
    Lie(
      testDescription: "newstyle that is not fixed",
      bytes: Array("NBDMAGICIHAVEOPT".utf8) + [0, 2], failure: .notFixedNewstyle),
    Lie(
      testDescription: "wrong reply magic",
      bytes: Bytes.greeting + Bytes.be64(0x1234) + Bytes.be32(7) + Bytes.be32(1) + Bytes.be32(0),
      failure: .badReplyMagic(0x1234)),
    Lie(
      testDescription: "reply to an option that was not asked",
      bytes: Bytes.greeting + Bytes.acknowledge(8),
      failure: .replyToOtherOption(asked: .go, answered: 8)),
    Lie(
      testDescription: "GO answered before structured replies",
      bytes: Bytes.greeting + Bytes.acknowledge(7),
      failure: .replyToOtherOption(asked: .structuredReply, answered: 7), structured: true),
    Lie(
      testDescription: "a listing nobody asked for",
      bytes: Bytes.greeting + Bytes.be64(0x0003_e889_0455_65a9) + Bytes.be32(7) + Bytes.be32(2)
        + Bytes.be32(0),
      failure: .unexpectedReply(.go, type: 2)),
    Lie(
      testDescription: "an unknown success",
      bytes: Bytes.greeting + Bytes.reply(7, 0x7fff_ffff),
      failure: .unexpectedReply(.go, type: 0x7fff_ffff)),
    Lie(
      testDescription: "an info about structured replies", bytes: Bytes.greeting + header(8, 3, 12),
      failure: .unexpectedReply(.structuredReply, type: 3), structured: true),
    Lie(
      testDescription: "an acknowledgement with data", bytes: Bytes.greeting + header(7, 1, 1),
      failure: .replyTooLong(.go, lengthBytes: 1)),
    Lie(
      testDescription: "an info of 4 GiB", bytes: Bytes.greeting + header(7, 3, 0xffff_ffff),
      failure: .replyTooLong(.go, lengthBytes: 0xffff_ffff)),
    Lie(
      testDescription: "an info of 4099 bytes", bytes: Bytes.greeting + header(7, 3, 4099),
      failure: .replyTooLong(.go, lengthBytes: 4099)),
    Lie(
      testDescription: "an endless error message",
      bytes: Bytes.greeting + header(7, 0x8000_0006, 4097),
      failure: .replyTooLong(.go, lengthBytes: 4097)),
    Lie(
      testDescription: "an info without an id", bytes: Bytes.greeting + Bytes.reply(7, 3, [0]),
      failure: .malformedReply(.go)),
    Lie(
      testDescription: "a short EXPORT info",
      bytes: Bytes.greeting + Bytes.reply(7, 3, [UInt8](repeating: 0, count: 11)),
      failure: .malformedReply(.go)),
    Lie(
      testDescription: "a long BLOCK_SIZE info",
      bytes: Bytes.greeting + Bytes.reply(7, 3, [0, 3] + [UInt8](repeating: 0, count: 13)),
      failure: .malformedReply(.go)),
    Lie(
      testDescription: "a name with NUL",
      bytes: Bytes.greeting + Bytes.reply(7, 3, [0, 1, 0x61, 0]),
      failure: .malformedReply(.go)),
    Lie(
      testDescription: "a description that is no UTF-8",
      bytes: Bytes.greeting + Bytes.reply(7, 3, [0, 2, 0xff]),
      failure: .malformedReply(.go)),
    Lie(
      testDescription: "infos without end",
      bytes: Bytes.greeting + [[UInt8]](repeating: export, count: 64).flatMap { $0 }
        + header(7, 3, 12),
      failure: .tooManyReplies(.go)),
    Lie(
      testDescription: "no size", bytes: Bytes.greeting + Bytes.acknowledge(7),
      failure: .sizeMissing),
    Lie(
      testDescription: "two sizes", bytes: Bytes.greeting + export + ServerSays.export(size: 512),
      failure: .contradictoryInfo),
    Lie(
      testDescription: "two block sizes",
      bytes: Bytes.greeting + ServerSays.blockSizes(1, 512, 512)
        + ServerSays.blockSizes(512, 512, 512),
      failure: .contradictoryInfo),
    Lie(
      testDescription: "2^63 bytes", bytes: Bytes.greeting + ServerSays.export(size: 1 << 63),
      failure: .sizeTooLarge(1 << 63)),
    Lie(
      testDescription: "flags that say nothing",
      bytes: Bytes.greeting + ServerSays.export(flags: 0),
      failure: .flagsMissing(0)),
    Lie(
      testDescription: "a size between blocks",
      bytes: Bytes.greeting + ServerSays.export(size: 513) + ServerSays.blockSizes(512, 512, 512)
        + ServerSays.go,
      failure: .sizeNotInBlocks(sizeBytes: 513, minimumBlockBytes: 512)),
    Lie(
      testDescription: "EXPORT_NAME with flags that say nothing",
      bytes: Bytes.greeting + ServerSays.error(7, 1) + Bytes.be64(512) + Bytes.be16(2),
      failure: .flagsMissing(2)),
    sizes(0, 512, 512), sizes(3, 512, 1024), sizes(131_072, 131_072, 131_072),
    sizes(512, 256, 512), sizes(4096, 512, 4096), sizes(512, 513, 1024), sizes(512, 4096, 2048),
    sizes(512, 0, 0), sizes(1, 0xffff_ffff, 0xffff_ffff),
  ]

  private static func header(_ option: UInt32, _ type: UInt32, _ length: UInt32) -> [UInt8] {
    Array(Bytes.reply(option, type).dropLast(4)) + Bytes.be32(length)
  }

  @Test("are found out at the byte that says it", arguments: lies)
  func lie(lie: Lie) {
    for pieceBytes in [Int.max, 1, 13] {
      let session = ClientSession.receiving(
        lie.bytes + [1, 2, 3], structured: lie.structured, pieceBytes: pieceBytes)
      #expect(session.failure == lie.failure)
      #expect(session.consumedBytes == lie.bytes.count)
      #expect(session.failureAtEndOfInput == lie.failure)
      #expect(lie.failure.sentence.utf8.count < 300)
    }
    let early = ClientSession.receiving(
      Array(lie.bytes.dropLast()), structured: lie.structured)
    #expect(early.state == .needMore)
  }

  @Test("a long message is shortened and made printable")
  func message() {
    let text = String(repeating: "\u{1b}[2Jx\u{202e}", count: 500)
    let session = ClientSession.receiving(
      Bytes.greeting + ServerSays.error(7, 6, text))
    guard case .refused(.unknownExport, let message) = session.failure else {
      Issue.record("\(session.state)")
      return
    }
    #expect(message.unicodeScalars.count == 200)
    #expect(message.hasPrefix("?[2Jx??[2Jx?"))
  }

  @Test("noise opens nothing", arguments: 0..<200 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var input = Bytes.greeting + Bytes.acknowledge(8) + ServerSays.export() + ServerSays.go
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      input[Int.random(in: input.indices, using: &random)] ^= .random(in: 1...255, using: &random)
    }
    input += (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let whole = ClientSession.receiving(input, structured: true)
    let cut = ClientSession.receiving(input, structured: true, pieceBytes: 1)
    #expect(whole.state == cut.state)
    #expect(whole.output == cut.output)
    #expect(whole.consumedBytes == cut.consumedBytes)
    #expect(whole.output.count < 200)
  }
}

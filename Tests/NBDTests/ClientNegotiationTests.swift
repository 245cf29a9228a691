import NBD
import Testing

@Suite("The client's handshake")
struct ClientNegotiationTests {
  private static let askGo = Bytes.option(7, Bytes.infoData("disk", [3]))

  @Test("GO with block sizes opens the export")
  func go() {
    let session = ClientSession.receiving(ServerSays.opening)
    #expect(session.output == Bytes.clientFlags(3) + Self.askGo)
    #expect(
      session.export
        == NegotiatedExport(
          sizeBytes: 1 << 30, flags: TransmissionFlags(rawValue: 0x56d), minimumBlockBytes: 512,
          preferredBlockBytes: 4096, maximumBlockBytes: 1 << 25, structuredReplies: false))
  }

  @Test("without a word about block sizes the protocol's hold")
  func defaults() {
    let session = ClientSession.receiving(Bytes.greeting + ServerSays.export() + ServerSays.go)
    #expect(session.export?.minimumBlockBytes == 1)
    #expect(session.export?.preferredBlockBytes == 4096)
    #expect(session.export?.maximumBlockBytes == 33_554_432)
  }

  @Test("structured replies are asked for first, and used when granted")
  func structured() {
    var session = ClientSession(structured: true)
    session.receive(Bytes.greeting)
    #expect(session.takeOutput() == Bytes.clientFlags(3) + Bytes.option(8))
    session.receive(Bytes.acknowledge(8))
    #expect(session.takeOutput() == Self.askGo)
    session.receive(ServerSays.export(flags: 0x5ed) + ServerSays.go)
    #expect(session.export?.structuredReplies == true)
    #expect(session.export?.flags.contains(.sendDontFragment) == true)
  }

  @Test(
    "refused structured replies are gone without", arguments: [1, 2, 3, 4, 9, 10, 77] as [UInt32])
  func structuredRefused(code: UInt32) {
    let session = ClientSession.receiving(
      Bytes.greeting + ServerSays.error(8, code, "no") + ServerSays.export(flags: 0x9ed)
        + ServerSays.go, structured: true)
    #expect(session.export?.structuredReplies == false)
    // DF and a fast zero without zeroes cannot be kept: 0x080 and 0x800 go, 0x100 and the rest stay.
    #expect(session.export?.flags.rawValue == 0x96d)
  }

  @Test("a fast zero without WRITE_ZEROES is not believed")
  func fastZero() {
    let session = ClientSession.receiving(
      Bytes.greeting + ServerSays.export(flags: 0x92d) + ServerSays.go)
    #expect(session.export?.flags.rawValue == 0x12d)
  }

  @Test("NO_ZEROES is used only when it is offered", arguments: [true, false])
  func zeroes(offered: Bool) {
    let greeting = Array("NBDMAGICIHAVEOPT".utf8) + [0, offered ? 3 : 1]
    let reply = Bytes.be64(4096) + Bytes.be16(1)
    let padding = [UInt8](repeating: 0, count: offered ? 0 : 124)
    let request: [UInt8] = [0x67, 0x44]
    let session = ClientSession.receiving(
      greeting + ServerSays.error(7, 1) + reply + padding + request)
    #expect(
      session.output
        == Bytes.clientFlags(offered ? 3 : 1) + Self.askGo + Bytes.option(1, Array("disk".utf8)))
    #expect(session.export?.sizeBytes == 4096)
    #expect(session.consumedBytes == 18 + 20 + 10 + padding.count)
  }

  @Test("only ERR_UNSUP leads to EXPORT_NAME", arguments: 2...10 as ClosedRange<UInt32>)
  func noFallback(code: UInt32) throws {
    let session = ClientSession.receiving(
      Bytes.greeting + ServerSays.error(7, code, "go\naway"))
    let type = try #require(OptionReplyType(rawValue: 0x8000_0000 | code))
    #expect(session.failure == .refused(type, message: "go?away"))
    #expect(session.output == Bytes.clientFlags(3) + Self.askGo + Bytes.option(2))
    #expect(session.failure?.sentence.contains("go?away") == true)
  }

  @Test("what was said before ERR_UNSUP is void")
  func fallbackForgets() {
    let session = ClientSession.receiving(
      Bytes.greeting + ServerSays.export(size: 1) + ServerSays.blockSizes(4096, 4096, 4096)
        + ServerSays.error(7, 1) + Bytes.be64(512) + Bytes.be16(1))
    #expect(session.export?.sizeBytes == 512)
    #expect(session.export?.minimumBlockBytes == 1)
  }

  @Test("TLS or a shutdown ends it already at structured replies", arguments: [5, 7] as [UInt32])
  func endsEarly(code: UInt32) throws {
    let session = ClientSession.receiving(
      Bytes.greeting + ServerSays.error(8, code), structured: true)
    let type = try #require(OptionReplyType(rawValue: 0x8000_0000 | code))
    #expect(session.failure == .refused(type, message: ""))
  }

  @Test("infos that were not asked for and unknown ones are passed over")
  func otherInfos() {
    let session = ClientSession.receiving(
      Bytes.greeting + Bytes.reply(7, 3, [0, 1] + Array("disk".utf8))
        + Bytes.reply(7, 3, [0, 2]) + Bytes.reply(7, 3, [0x12, 0x34, 1, 2, 3])
        + ServerSays.export() + ServerSays.export() + ServerSays.go)
    #expect(session.export?.sizeBytes == ServerSays.size)
  }

  @Test("unknown handshake flags are not taken up")
  func unknownFlags() {
    var session = ClientSession()
    session.receive(Array("NBDMAGICIHAVEOPT".utf8) + [0xff, 0xff])
    #expect(session.output == Bytes.clientFlags(3) + Self.askGo)
  }

  private static let flows: [(Bool, [UInt8])] = [
    (false, ServerSays.opening),
    (true, Bytes.greeting + Bytes.acknowledge(8) + ServerSays.export() + ServerSays.go),
    (false, Bytes.greeting + ServerSays.error(7, 1, "old") + Bytes.be64(512) + Bytes.be16(1)),
    (true, Bytes.greeting + ServerSays.error(8, 1, "no") + ServerSays.error(7, 6, "who?")),
  ]

  @Test("pieces of any size mean the same", arguments: [1, 2, 3, 7, 8, 17, 20, 64], 0..<4)
  func pieces(pieceBytes: Int, flow: Int) {
    let (structured, bytes) = Self.flows[flow]
    let input = bytes + Bytes.be32(0x6744_6698)
    let whole = ClientSession.receiving(input, structured: structured)
    let cut = ClientSession.receiving(input, structured: structured, pieceBytes: pieceBytes)
    #expect(whole.state != .needMore)
    #expect(whole.consumedBytes == bytes.count)
    #expect(cut.state == whole.state)
    #expect(cut.output == whole.output)
    #expect(cut.consumedBytes == whole.consumedBytes)
  }

  @Test("cut at any length it waits, says that the server hung up, and goes on", arguments: 0..<4)
  func cuts(flow: Int) {
    let (structured, bytes) = Self.flows[flow]
    let whole = ClientSession.receiving(bytes, structured: structured)
    for count in bytes.indices {
      var session = ClientSession.receiving(
        Array(bytes.prefix(count)), structured: structured)
      #expect(session.state == .needMore)
      #expect([.hungUp, .hungUpOnExportName].contains(session.failureAtEndOfInput))
      session.receive(Array(bytes.dropFirst(count)))
      #expect(session.state == whole.state)
      #expect(session.output == whole.output)
    }
  }

  @Test("a server that hangs up on EXPORT_NAME does not have the export")
  func hangUp() {
    let session = ClientSession.receiving(Bytes.greeting + ServerSays.error(7, 1))
    #expect(session.failureAtEndOfInput == .hungUpOnExportName)
  }

  @Test("after the end nothing is consumed or written")
  func ended() {
    var session = ClientSession.receiving(ServerSays.opening)
    let output = session.output
    #expect(session.receive([1, 2, 3]) == 0)
    #expect(session.output == output)
    #expect(session.export != nil)
  }
}

@Suite("Our client and our server")
struct ClientAgainstServerTests {
  /// Carries bytes to and fro until both are done or neither has anything to say.
  private func converse(
    _ client: inout ClientSession, _ server: inout Session, pieceBytes: Int
  ) {
    var heard = 0
    for _ in 0..<100 where client.state == .needMore {
      let said = Array(server.output.dropFirst(heard))
      heard = server.output.count
      client.receive(said, pieceBytes: pieceBytes)
      let answer = client.takeOutput()
      if answer.isEmpty { break }
      server.send(answer, pieceBytes: pieceBytes)
    }
  }

  @Test("agree on every export", arguments: [1, 5, 1000], [true, false])
  func agree(pieceBytes: Int, structured: Bool) {
    for (index, export) in Session.exports.enumerated() {
      var server = Session()
      var client = ClientSession(exportName: export.name, structured: structured)
      converse(&client, &server, pieceBytes: pieceBytes)
      #expect(server.state == .transmission(exportIndex: index))
      #expect(server.terms.replies == (structured ? .structured : .simple))
      #expect(
        client.export
          == NegotiatedExport(
            sizeBytes: export.sizeBytes, flags: export.flags(on: server.terms),
            minimumBlockBytes: export.minimumBlockBytes,
            preferredBlockBytes: export.preferredBlockBytes,
            maximumBlockBytes: export.maximumPayloadBytes, structuredReplies: structured))
    }
  }

  @Test("an unknown export is refused, and the client takes its leave")
  func unknown() throws {
    var server = Session()
    var client = ClientSession(exportName: "nodisk")
    converse(&client, &server, pieceBytes: .max)
    guard case .refused(.unknownExport, let message) = client.failure else {
      Issue.record("\(client.state)")
      return
    }
    #expect(!message.isEmpty)
    #expect(server.state == .close(reason: .abortedByClient))
  }
}

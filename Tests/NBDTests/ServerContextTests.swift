import NBD
import Testing

/// 9 and 10: LIST_META_CONTEXT and SET_META_CONTEXT.
@Suite("Contexts and structured replies")
struct ServerContextTests {
  private static let both: [UInt32] = [9, 10]
  private static let structured = Bytes.option(8)
  private static let allocation = Array("base:allocation".utf8)

  private func answers(_ options: [UInt8]...) throws -> [Reply] {
    try Reply.parse(Session.haggling(options.flatMap { $0 }).answer)
  }

  // h30
  @Test("replies become structured, and the export says that DF works", arguments: [8, 11])
  func structured(option: UInt32) throws {
    let session = Session.haggling(Bytes.option(option), Bytes.option(7, Bytes.infoData("disk")))
    var export = Session.exportInfos[0]
    export[11] |= 0x80
    #expect(
      session.answer == Bytes.acknowledge(option) + Bytes.reply(7, 3, export) + Bytes.acknowledge(7)
    )
    #expect(session.terms.replies == (option == 8 ? .structured : .extended))
  }

  // h30, h36
  @Test("asked with data it is refused and nothing changes", arguments: [8, 11])
  func data(option: UInt32) throws {
    let session = Session.haggling(Bytes.option(option, [1]))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0003)
    #expect(session.terms.replies == .simple)
  }

  @Test("asked twice it is granted twice, but there is no way back from extended headers")
  func again() throws {
    let replies = try answers(
      Self.structured, Self.structured, Bytes.option(11), Bytes.option(11), Self.structured)
    #expect(replies.map { $0.type } == [1, 1, 1, 1, 0x8000_0003])
  }

  // h31
  @Test("no context without structured replies", arguments: both)
  func first(option: UInt32) throws {
    let session = Session.haggling(Bytes.option(option, Bytes.contextData("disk")))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0003)
  }

  @Test(
    "everything, a namespace and a name are listed alike, and once",
    arguments: [
      [], ["base:"], ["base:allocation"], ["base:allocation", "base:", "base:allocation"],
    ])
  func listed(queries: [String]) throws {
    let data = Bytes.contextData("disk", queries)
    let replies = try answers(Self.structured, Bytes.option(9, data))
    #expect(
      replies.dropFirst() == [
        Reply(option: 9, type: 4, data: Bytes.be32(0) + Self.allocation),
        Reply(option: 9, type: 1, data: []),
      ])
  }

  @Test("a chosen context has a number and holds for the export that is opened")
  func chosen() throws {
    let session = Session.haggling(
      Self.structured, Bytes.option(10, Bytes.contextData("disk", ["base:allocation"])),
      Bytes.option(7, Bytes.infoData("disk")))
    let replies = try Reply.parse(session.answer)
    #expect(replies[1] == Reply(option: 10, type: 4, data: Bytes.be32(1) + Self.allocation))
    #expect(session.terms.hasAllocation)
  }

  // h33
  @Test(
    "what is not there is passed over, and a namespace alone chooses nothing",
    arguments: [[], ["base:"], ["qemu:dirty-bitmap:x"], ["base:other"], ["base:allocation2"], [""]])
  func unknown(queries: [String]) throws {
    let session = Session.haggling(
      Self.structured, Bytes.option(10, Bytes.contextData("disk", queries)),
      Bytes.option(7, Bytes.infoData("disk")))
    #expect(try Reply.parse(session.answer)[1] == Reply(option: 10, type: 1, data: []))
    #expect(!session.terms.hasAllocation)
  }

  // h35
  @Test("a context chosen for one export is none of another, whichever way that is opened")
  func otherExport() {
    let choice = Bytes.option(10, Bytes.contextData("disk", ["base:allocation"]))
    for way in [
      Bytes.option(7, Bytes.infoData("caf\u{e9}")), Bytes.option(1, Array("caf\u{e9}".utf8)),
    ] {
      let session = Session.haggling(Self.structured, choice, way)
      #expect(session.state == .transmission(exportIndex: 1))
      #expect(!session.terms.hasAllocation)
    }
  }

  @Test("a later choice takes the place of an earlier one, also when it fails")
  func replaced() {
    let choice = Bytes.option(10, Bytes.contextData("disk", ["base:allocation"]))
    for later in [
      Bytes.option(10, Bytes.contextData("disk")), Bytes.option(10, Bytes.contextData("no-such")),
      Bytes.option(10, [0]),
    ] {
      let session = Session.haggling(
        Self.structured, choice, later, Bytes.option(7, Bytes.infoData("disk")))
      #expect(session.state == .transmission(exportIndex: 0))
      #expect(!session.terms.hasAllocation)
    }
  }

  // h32, h45
  @Test(
    "lengths that do not add up are refused, and the connection goes on", arguments: both,
    [
      [], [0, 0, 0], Bytes.be32(0), Bytes.be32(0) + Bytes.be16(0),
      Bytes.be32(5) + Array("disk".utf8),
      Bytes.be32(.max) + Bytes.be32(0), Bytes.contextData("disk") + [0],
      Bytes.contextData("disk") + Bytes.option(3), Bytes.be32(0) + Bytes.be32(1),
      Bytes.be32(0) + Bytes.be32(.max), Bytes.be32(0) + Bytes.be32(1) + Bytes.be32(.max),
      Bytes.be32(0) + Bytes.be32(2) + Bytes.be32(1) + [65],
    ])
  func malformed(option: UInt32, data: [UInt8]) throws {
    var session = Session.haggling(Self.structured, Bytes.option(option, data))
    let replies = try Reply.parse(session.answer)
    #expect(replies.count == 2)
    #expect(replies[1].type == 0x8000_0003)
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    #expect(session.state == .transmission(exportIndex: 0))
  }

  @Test("texts that are none, and exports that are none, are refused", arguments: both)
  func illegal(option: UInt32) throws {
    for (data, type) in [
      (Bytes.contextData("no-such"), 0x8000_0006), (Bytes.contextData("a\0b"), 0x8000_0003),
      (Bytes.contextData("disk", ["a\0b"]), 0x8000_0003),
      (Bytes.be32(0) + Bytes.be32(1) + Bytes.be32(1) + [0xff], 0x8000_0003),
      (Bytes.contextData("disk", [String(repeating: "q", count: 4097)]), 0x8000_0003),
    ] as [([UInt8], UInt32)] {
      let replies = try answers(Self.structured, Bytes.option(option, data))
      #expect(replies.map { $0.type } == [1, type])
    }
  }

  // h34
  @Test("thousands of queries are too much", arguments: both)
  func many(option: UInt32) throws {
    let queries = [String](repeating: "base:allocation", count: 5000)
    let replies = try answers(
      Self.structured, Bytes.option(option, Bytes.contextData("disk", queries)))
    #expect(replies.map { $0.type } == [1, 0x8000_0009])
  }
}

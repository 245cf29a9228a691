import NBD
import Testing

@Suite("Input in pieces")
struct NegotiationPieceTests {
  /// A long conversation which touches every step, and requests behind it.
  private static let conversation: [UInt8] =
    Bytes.clientFlags()
    + Bytes.option(3) + Bytes.option(3, [1, 2, 3]) + Bytes.option(8)
    + Bytes.option(0x1234, [UInt8](repeating: 7, count: 300))
    + Bytes.option(6, [UInt8](repeating: 7, count: 8200))
    + Bytes.option(6, Bytes.infoData("none"))
    + Bytes.option(6, Bytes.infoData("disk", [1, 2, 3])) + Bytes.option(5)
    + Bytes.option(7, Bytes.infoData("disk", [3]))

  private static let requests = Bytes.request(type: 0, length: 4096) + Bytes.request(type: 2)

  @Test(
    "of any size give the same answer as the whole",
    arguments: [1, 2, 3, 5, 7, 15, 16, 17, 19, 64, 1000, 8192])
  func pieces(pieceBytes: Int) {
    let input = Self.conversation + Self.requests
    let whole = Session.answering(input)
    let cut = Session.answering(input, pieceBytes: pieceBytes)
    #expect(whole.state == .transmission(exportIndex: 0))
    #expect(cut.state == whole.state)
    #expect(cut.output == whole.output)
    #expect(cut.consumedBytes == whole.consumedBytes)
  }

  @Test("requests behind GO are left for transmission")
  func stopsAtTransmission() {
    let session = Session.answering(Self.conversation + Self.requests)
    #expect(session.consumedBytes == Self.conversation.count)
  }

  @Test("requests behind EXPORT_NAME are left for transmission", arguments: [1, 9, Int.max])
  func stopsBehindExportName(pieceBytes: Int) {
    let opening = Bytes.clientFlags() + Bytes.option(1, Array("disk".utf8))
    let session = Session.answering(opening + Self.requests, pieceBytes: pieceBytes)
    #expect(session.state == .transmission(exportIndex: 0))
    #expect(session.consumedBytes == opening.count)
  }

  @Test("after the end nothing more is consumed or written")
  func ended() {
    var session = Session.answering(Self.conversation)
    let output = session.output
    session.send(Self.requests)
    #expect(session.state == .transmission(exportIndex: 0))
    #expect(session.consumedBytes == Self.conversation.count)
    #expect(session.output == output)
  }

  // h10, h11, h12
  @Test("an opening cut at any byte waits, and goes on where it was cut")
  func cutAnywhere() {
    let openings = [
      Bytes.clientFlags() + Bytes.option(7, Bytes.infoData("disk", [0, 1, 3])),
      Bytes.clientFlags() + Bytes.option(1, Array("disk".utf8)),
      Bytes.clientFlags() + Bytes.option(0x77, [1, 2, 3, 4, 5]) + Bytes.option(1),
    ]
    for opening in openings {
      let whole = Session.answering(opening)
      for count in opening.indices {
        var session = Session.answering(Array(opening.prefix(count)))
        #expect(session.state == .needMore)
        #expect(session.consumedBytes == count)
        session.send(Array(opening.dropFirst(count)))
        #expect(session.output == whole.output)
        #expect(session.state == whole.state)
      }
    }
  }

  @Test("an empty piece changes nothing")
  func emptyPiece() {
    var session = Session.haggling(Bytes.option(3))
    let output = session.output
    session.send([])
    #expect(session.output == output)
    #expect(session.state == .needMore)
  }

  @Test("an option without data is answered at the last byte of its header")
  func answeredAtOnce() {
    var session = Session.haggling(Array(Bytes.option(8).dropLast()))
    #expect(session.answer == [])
    session.send([0])
    #expect(!session.answer.isEmpty)
  }
}

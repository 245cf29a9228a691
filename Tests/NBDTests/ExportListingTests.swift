import NBD
import Testing

@Suite("Asking a server for its exports")
struct ExportListingTests {
  private func listed(_ name: String, _ description: String = "") -> [UInt8] {
    Bytes.reply(3, 2, Bytes.be32(UInt32(name.utf8.count)) + Array((name + description).utf8))
  }

  /// What becomes of a server's words, in pieces of a size.
  private func names(
    _ words: [UInt8], pieceBytes: Int = .max
  ) throws(ClientNegotiationFailure) -> [String]? {
    var listing = ExportListing()
    var output: [UInt8] = []
    var rest = words[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieceBytes))
      rest = rest.dropFirst(piece.count)
      if try listing.consume(piece, output: &output) {
        #expect(output == Bytes.clientFlags(1) + Bytes.option(3) + Bytes.option(2))
        return listing.names
      }
    }
    return nil
  }

  @Test("names come in order, however the bytes are split, without what is said about them")
  func inOrder() throws {
    let words = Bytes.greeting + listed("a") + listed("b", "a disk") + Bytes.acknowledge(3)
    for pieceBytes in [1, 7, 1000] {
      #expect(try names(words, pieceBytes: pieceBytes) == ["a", "b"])
    }
    #expect(try names(Array(words.dropLast())) == nil)
  }

  @Test("more than a few names are not kept, and an endless list is not listened to")
  func bounded() throws {
    let some = Array(repeating: listed("n"), count: 40).flatMap { $0 }
    #expect(
      try names(Bytes.greeting + some + Bytes.acknowledge(3))?.count == ExportListing.namesMax)
    let many = Array(repeating: listed("n"), count: 100).flatMap { $0 }
    #expect(throws: ClientNegotiationFailure.tooManyReplies(.list)) {
      try names(Bytes.greeting + many)
    }
  }

  @Test("a server that lies or refuses is not believed")
  func lies() {
    let lie = Bytes.reply(3, 2, Bytes.be32(0xffff_ffff) + [65])
    #expect(throws: ClientNegotiationFailure.malformedReply(.list)) {
      try names(Bytes.greeting + lie)
    }
    #expect(throws: ClientNegotiationFailure.refused(.policy, message: "no")) {
      try names(Bytes.greeting + Bytes.reply(3, 0x8000_0002, Array("no".utf8)))
    }
    #expect(throws: ClientNegotiationFailure.replyTooLong(.list, lengthBytes: 0xffff_ffff)) {
      try names(
        Bytes.greeting + Bytes.be64(0x0003_e889_0455_65a9) + Bytes.be32(3) + Bytes.be32(2)
          + Bytes.be32(0xffff_ffff))
    }
    #expect(throws: ClientNegotiationFailure.self) {
      try names(Array("HTTP/1.1 400 Bad Request".utf8))
    }
  }
}

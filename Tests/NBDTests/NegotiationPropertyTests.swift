import NBD
import Testing

/// z01: whatever comes, the machine stays within bounds; `Session.send` checks each step.
@Suite("Random input")
struct NegotiationPropertyTests {
  @Test("random bytes never crash, overrun or open anything", arguments: 0..<200 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let count = Int.random(in: 0...600, using: &random)
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    let session = Session.answering(
      Bool.random(using: &random) ? bytes : Bytes.clientFlags() + bytes,
      pieceBytes: Int.random(in: 1...64, using: &random))
    #expect(session.answer == [])
  }

  @Test("random options are answered in step", arguments: 0..<300 as Range<UInt64>)
  func options(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var input = Bytes.clientFlags()
    var count = 0
    for _ in 0..<Int.random(in: 1...20, using: &random) {
      input += randomOption(&random)
      count += 1
    }
    let session = Session.answering(
      input, pieceBytes: Int.random(in: 1...300, using: &random))
    #expect(session.state == .needMore)
    #expect(session.consumedBytes == input.count)
    #expect(session.output.count <= 18 + count * 256)
    // Every option has one last reply: an acknowledgement or an error.
    let last = try Reply.parse(session.answer).filter { $0.type == 1 || $0.type > 0x8000_0000 }
    #expect(last.count == count)
  }

  /// One that never ends the handshake: not EXPORT_NAME, ABORT, GO.
  private func randomOption(_ random: inout SplitMix) -> [UInt8] {
    let numbers: [UInt32] = [0, 3, 4, 5, 6, 6, 6, 8, 9, 10, 11, 99]
    var data = Bytes.infoData(
      Bool.random(using: &random) ? "disk" : "none",
      (0..<Int.random(in: 0...5, using: &random)).map { _ in
        UInt16.random(in: 0...6, using: &random)
      })
    if Bool.random(using: &random) {
      data[Int.random(in: data.indices, using: &random)] = .random(in: 0...255, using: &random)
    }
    if Bool.random(using: &random) {
      data = Array(data.prefix(Int.random(in: 0...data.count, using: &random)))
    }
    return Bytes.option(numbers[Int.random(in: numbers.indices, using: &random)], data)
  }

  @Test("a mutated opening never crashes or overruns", arguments: 0..<400 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var input =
      Bytes.clientFlags() + Bytes.option(3) + Bytes.option(6, Bytes.infoData("disk", [1, 2, 3]))
      + Bytes.option(7, Bytes.infoData("disk", [3])) + Bytes.request(type: 2)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      input[Int.random(in: input.indices, using: &random)] ^= .random(in: 1...255, using: &random)
    }
    let whole = Session.answering(input)
    let pieces = Session.answering(input, pieceBytes: 1)
    #expect(whole.output == pieces.output)
    #expect(whole.state == pieces.state)
    #expect(whole.consumedBytes == pieces.consumedBytes)
    #expect(whole.output.count < 1024)
  }
}

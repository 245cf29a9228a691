import NBD
import Testing

@Suite("ABORT")
struct AbortTests {
  // h26, h27
  @Test(
    "is acknowledged, whatever data comes with it, and ends the session",
    arguments: [0, 1, 5, 8192, 8193, 1 << 20])
  func acknowledged(dataBytes: Int) {
    let session = Session.haggling(Bytes.option(2, [UInt8](repeating: 9, count: dataBytes)))
    #expect(session.answer == Bytes.acknowledge(2))
    #expect(session.state == .close(reason: .abortedByClient))
    #expect(session.consumedBytes == 20 + dataBytes)
  }

  @Test("nothing behind it is consumed or answered")
  func final() {
    var session = Session.haggling(Bytes.option(2), Bytes.option(3))
    session.send(Bytes.option(3))
    #expect(session.answer == Bytes.acknowledge(2))
    #expect(session.state == .close(reason: .abortedByClient))
    #expect(session.consumedBytes == 20)
  }
}

import NBD
import Testing

@Suite("A server that requires TLS")
struct ServerTLSTests {
  private func session(_ options: [UInt8]...) -> Session {
    var session = Session(tls: .required)
    session.send(Bytes.clientFlags() + options.flatMap { $0 })
    return session
  }

  // x01
  @Test(
    "tells nothing before, whatever it is asked and with whatever data",
    arguments: [0, 3, 4, 6, 7, 8, 9, 10, 11, 0xffff_ffff] as [UInt32], [0, 1, 65536])
  func refused(option: UInt32, dataBytes: Int) throws {
    let session = session(Bytes.option(option, [UInt8](repeating: 0, count: dataBytes)))
    try Reply.expectRefusal(session, option: option, type: 0x8000_0005)
    #expect(session.state == .needMore)
  }

  // x02
  @Test("ends a connection that asks by EXPORT_NAME, without a byte")
  func exportName() {
    let session = session(Bytes.option(1, Array("disk".utf8)))
    #expect(session.state == .close(reason: .tlsRequired))
    #expect(session.answer.isEmpty)
  }

  // x01: of two peers, one answers TLS_REQD here
  @Test("lets go of a client that wants to leave")
  func abort() {
    let session = session(Bytes.option(2))
    #expect(session.answer == Bytes.acknowledge(2))
    #expect(session.state == .close(reason: .abortedByClient))
  }

  @Test("begins TLS and takes no byte beyond the wish")
  func start() {
    let session = session(Bytes.option(5), Bytes.option(3))
    #expect(session.state == .startTLS)
    #expect(session.answer == Bytes.acknowledge(5))
    #expect(session.consumedBytes == 4 + 16)
  }

  // x03
  @Test("does not begin TLS when data comes with the wish")
  func data() throws {
    let session = session(Bytes.option(5, Bytes.option(7, Bytes.infoData("disk"))))
    try Reply.expectRefusal(session, option: 5, type: 0x8000_0003)
    #expect(session.state == .needMore)
  }

  @Test("serves once TLS is up, where a second STARTTLS is invalid and TLS_REQD is never said")
  func secured() throws {
    var session = session(Bytes.option(5))
    session.secured()
    session.send(
      Bytes.option(5) + Bytes.option(3) + Bytes.option(0) + Bytes.option(7, Bytes.infoData("disk")))
    let types = try Reply.parse(session.answer).map { $0.type }
    #expect(types == [1, 0x8000_0003, 2, 2, 1, 0x8000_0001, 3, 1])
    #expect(session.state == .transmission(exportIndex: 0))
  }

  @Test("stays read-only where it was before TLS")
  func readOnly() throws {
    var session = Session(tls: .required, isReadOnly: true)
    session.send(Bytes.clientFlags() + Bytes.option(5))
    session.secured()
    session.send(Bytes.option(7, Bytes.infoData("disk")))
    let export = try #require(try Reply.parse(session.answer).first { $0.type == 3 })
    #expect(export.data.last.map { $0 & 2 } == 2)
    #expect(session.terms.isReadOnly)
  }
}

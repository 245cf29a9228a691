import BlockIO
import NBD
import Testing

@Suite("Replies to the client")
struct ClientTransmissionTests {
  private typealias Says = ServerReplies

  @Test("a simple reply with data fills the buffer and finishes", arguments: [1, 3, 16, 17, 1000])
  func simpleRead(pieceBytes: Int) {
    var session = TransmissionSession(structured: false)
    let cookie = session.begin(.read, offset: 512, length: 5)
    let flush = session.begin(.flush, slot: 1)
    session.receive(
      Says.simple(cookie, [1, 2, 3, 4, 5]) + Says.simple(flush), pieceBytes: pieceBytes)
    #expect(
      session.events == [
        .data(slot: 0, offset: 0, bytes: [1, 2, 3, 4, 5]), .finished(slot: 0, errno: 0),
        .finished(slot: 1, errno: 0),
      ])
    #expect(session.outstandingCount == 0)
    #expect(session.lie == nil)
  }

  @Test("nothing but the data stands between the header and the finish")
  func dataIsAnnouncedWhole() {
    var machine = ClientTransmission(outstandingMax: 1, structuredReplies: false)
    let range = ByteRange(offset: 0, length: 1 << 20) ?? .empty
    let cookie = machine.begin(slot: 0, operation: .read, range: range)
    let head = Says.simple(cookie)
    let progress = machine.step(unsafe head.span.bytes)
    #expect(progress.consumedBytes == 16)
    #expect(progress.step == .data(cookie, offset: 0, count: 1 << 20))
    machine.tookData(1000)
    let none: [UInt8] = []
    let next = machine.step(unsafe none.span.bytes)
    #expect(next.step == .data(cookie, offset: 1000, count: (1 << 20) - 1000))
    machine.tookData((1 << 20) - 1000)
    #expect(machine.step(unsafe none.span.bytes).step == .finished(cookie, .success))
    #expect(machine.step(unsafe none.span.bytes).step == .needMore)
  }

  @Test(
    "an error becomes this host's errno",
    arguments: [
      (1, 1), (5, 5), (12, 12), (22, 22), (28, 28), (75, 75), (95, 95), (108, 108), (2, 5),
      (0xffff_ffff, 5),
    ] as [(UInt32, Int32)])
  func errors(wire: UInt32, errno: Int32) {
    for operation in BlockIO.Operation.allCases {
      var session = TransmissionSession(structured: false)
      let cookie = session.begin(operation, length: operation == .flush ? 0 : 512)
      session.receive(Says.simple(cookie, error: wire))
      #expect(session.events == [.finished(slot: 0, errno: errno)])
      var structured = TransmissionSession()
      let other = structured.begin(operation, length: operation == .flush ? 0 : 512)
      structured.receive(Says.error(other, wire, "because"))
      #expect(structured.events == [.finished(slot: 0, errno: errno)])
    }
  }

  @Test("chunks in any order fill the buffer", arguments: [1, 7, 20, 1000])
  func chunks(pieceBytes: Int) {
    var session = TransmissionSession()
    let cookie = session.begin(.read, offset: 1000, length: 10)
    session.receive(
      Says.data(cookie, at: 1006, [7, 8]) + Says.hole(cookie, at: 1008, 2)
        + Says.data(cookie, at: 1000, [1, 2, 3]) + Says.hole(cookie, at: 1003, 3)
        + Says.done(cookie), pieceBytes: pieceBytes)
    #expect(session.buffers[0] == [1, 2, 3, 0, 0, 0, 7, 8, 0, 0])
    #expect(session.events.last == .finished(slot: 0, errno: 0))
    #expect(session.lie == nil)
  }

  @Test("the last chunk may carry content", arguments: [true, false])
  func lastContent(hole: Bool) {
    var session = TransmissionSession()
    let cookie = session.begin(.read, length: 4)
    session.receive(
      Says.data(cookie, at: 0, [1, 2])
        + (hole
          ? Says.hole(cookie, at: 2, 2, last: true) : Says.data(cookie, at: 2, [0, 0], last: true)))
    #expect(session.buffers[0] == [1, 2, 0, 0])
    #expect(session.events.last == .finished(slot: 0, errno: 0))
  }

  @Test("replies to many requests interleave by chunks")
  func interleaved() {
    var session = TransmissionSession()
    let first = session.begin(.read, slot: 3, offset: 0, length: 4)
    let second = session.begin(.read, slot: 5, offset: 4, length: 4)
    let write = session.begin(.write, slot: 0, offset: 0, length: 512)
    session.receive(
      Says.data(first, at: 0, [1, 2]) + Says.data(second, at: 4, [5, 6]) + Says.simple(write)
        + Says.data(first, at: 2, [3, 4], last: true) + Says.data(second, at: 6, [7, 8])
        + Says.done(second))
    #expect(session.buffers[3] == [1, 2, 3, 4])
    #expect(session.buffers[5] == [5, 6, 7, 8])
    #expect(session.lie == nil)
    #expect(session.outstandingCount == 0)
  }

  @Test("a failed READ needs no data, and its first error counts", arguments: [1, 1000])
  func failedRead(pieceBytes: Int) {
    var session = TransmissionSession()
    let cookie = session.begin(.read, offset: 512, length: 1024)
    session.receive(
      Says.data(cookie, at: 512, [9])
        + Says.error(cookie, 5, "sector is bad", last: false, type: 0x8002, at: 513)
        + Says.error(cookie, 22, last: false) + Says.error(cookie, 28, "x", type: 0x8123),
      pieceBytes: pieceBytes)
    #expect(session.events.last == .finished(slot: 0, errno: 5))
    #expect(session.lie == nil)
  }

  @Test("an unknown kind of error is an error, whatever it carries behind its message")
  func unknownError() {
    var session = TransmissionSession()
    let cookie = session.begin(.write, length: 512)
    session.receive(
      Says.chunk(
        cookie, 0x8888, last: true,
        Bytes.be32(28) + Bytes.be16(2) + Array("ab".utf8) + [1, 2, 3, 4]))
    #expect(session.events == [.finished(slot: 0, errno: 28)])
  }

  @Test("a thousand ascending chunks are one run")
  func manyChunks() {
    var session = TransmissionSession()
    let cookie = session.begin(.read, length: 4000)
    for index in 0..<1000 as Range<UInt64> {
      session.receive(Says.data(cookie, at: index * 4, [1, 2, 3, 4]))
    }
    session.receive(Says.done(cookie))
    #expect(session.events.last == .finished(slot: 0, errno: 0))
  }

  @Test("a slot is used again with another cookie")
  func reuse() {
    var session = TransmissionSession(outstandingMax: 1)
    var cookies: Set<RequestCookie> = []
    for _ in 0..<5 {
      let cookie = session.begin(.write, length: 512)
      #expect(cookies.insert(cookie).inserted)
      session.receive(Says.simple(cookie))
    }
    #expect(session.events.count == 5)
    #expect(session.lie == nil)
  }

  @Test("random chunkings of a READ give its data", arguments: 0..<150 as Range<UInt64>)
  func randomChunks(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let length = Int.random(in: 1...600, using: &random)
    let offset = UInt64.random(in: 0...(1 << 62), using: &random)
    let data = (0..<length).map { _ in UInt8.random(in: 1...255, using: &random) }
    var session = TransmissionSession()
    let cookie = session.begin(.read, offset: offset, length: UInt64(length))
    var cuts = Set(
      (0..<Int.random(in: 0...15, using: &random)).map { _ in
        Int.random(in: 0..<length, using: &random)
      })
    cuts.formUnion([0, length])
    let places = cuts.sorted()
    var expected = data
    var chunks: [[UInt8]] = []
    for (start, end) in zip(places, places.dropFirst()) {
      if Bool.random(using: &random) {
        chunks.append(
          Says.hole(cookie, at: offset + UInt64(start), UInt32(end - start)))
        expected.replaceSubrange(start..<end, with: repeatElement(0, count: end - start))
      } else {
        chunks.append(Says.data(cookie, at: offset + UInt64(start), Array(data[start..<end])))
      }
    }
    chunks.shuffle(using: &random)
    session.receive(
      chunks.flatMap { $0 } + Says.done(cookie),
      pieceBytes: Int.random(in: 1...100, using: &random))
    #expect(session.lie == nil)
    #expect(session.buffers[0] == expected)
    #expect(session.events.last == .finished(slot: 0, errno: 0))
  }
}

import BlockIO
import Engine
import Testing

@Suite struct RequestTests {
  @Test func `a read's reply has its data, cookie and session`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.read, session: 1, bytes: 8192))
    bench.begin(slot)
    #expect(bench.io.map(\.buffer) == [bench.engine.payload(of: slot).buffer])
    bench.complete()
    #expect(bench.replies == [slot])
    let reply = bench.engine.reply(for: slot)
    #expect(reply.session == 1 && reply.cookie == 1 && reply.errno == 0)
    #expect(reply.dataBytes == 8192 && !reply.buffer.isNone)
    bench.sent(slot)
    #expect(bench.isEmpty)
  }

  @Test func `a failed read's reply has no data`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.read))
    bench.begin(slot)
    bench.complete(Errno.eilseq)
    let reply = bench.engine.reply(for: slot)
    #expect(reply.errno == Errno.eilseq && reply.dataBytes == 0 && reply.buffer.isNone)
  }

  /// Its payload was still coming when the medium shrank; the machine takes nothing beyond the end.
  @Test func `a write that was checked before the medium shrank does not reach beyond its end`()
    throws
  {
    let bench = EngineBench()
    let write = try #require(bench.reserve(.write, offset: 32 << 20))
    let read = try #require(bench.reserve(.read, offset: (32 << 20) - 4096, bytes: 8192))
    let inside = try #require(bench.reserve(.write, offset: (32 << 20) - 4096))
    bench.resize(32 << 20)
    for slot in [write, read, inside] { bench.begin(slot) }
    #expect(bench.replies == [write, read])
    #expect(bench.engine.reply(for: write).errno == Errno.enospc)
    #expect(bench.engine.reply(for: read).errno == Errno.eio)
    #expect(bench.io.map(\.range.offset) == [(32 << 20) - 4096])
    bench.complete()
    for slot in [write, read, inside] { bench.sent(slot) }
    #expect(bench.isEmpty)
  }

  @Test func `a refused request is answered without any I/O`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.write))
    bench.engine.answer(slot, errno: Errno.eperm, effects: &bench.effects)
    bench.hold(1)
    #expect(bench.replies == [slot] && bench.io.isEmpty)
    bench.sent(slot)
    #expect(bench.isEmpty)
  }

  @Test func `a session that never takes replies cannot take the last place`() {
    let bench = EngineBench(requestsMax: 16)
    var taken = 0
    while let slot = bench.reserve(.flush, session: 0) {
      taken += 1
      bench.engine.answer(slot, errno: 0, effects: &bench.effects)
    }
    #expect(taken == 8)
    #expect(bench.reserve(.read, session: 1) != nil)
  }

  @Test func `many stuck sessions leave a place for one more`() {
    let bench = EngineBench(sessions: 5, requestsMax: 64)
    for session in 0..<4 { while bench.reserve(.flush, session: session) != nil {} }
    #expect(bench.engine.freeSlots > 0)
    #expect(bench.reserve(.flush, session: 4) != nil)
  }

  @Test func `a session cannot take all the memory either`() {
    let bench = EngineBench(requestsMax: 256)
    var taken = 0
    while bench.reserve(.write, session: 0, bytes: 1 << 20) != nil { taken += 1 }
    #expect((8...16).contains(taken))
    #expect(bench.reserve(.write, session: 1, bytes: 1 << 20) != nil)
  }

  @Test func `places come back when replies are out`() throws {
    let bench = EngineBench(requestsMax: 2)
    let slot = try #require(bench.reserve(.flush))
    #expect(bench.reserve(.flush) == nil)
    bench.engine.answer(slot, errno: 0, effects: &bench.effects)
    bench.sent(slot)
    #expect(bench.reserve(.flush) != nil)
  }
}

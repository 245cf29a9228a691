import BlockIO
import Engine
import Testing

/// A session may end at any moment; nothing of it may stay behind.
@Suite struct AbandonTests {
  @Test func `before the payload has come`() throws {
    let bench = EngineBench()
    _ = try #require(bench.reserve(.write))
    bench.abandon(0)
    #expect(bench.isEmpty)
  }

  @Test func `while an attempt is outstanding: its buffer stays leased until the end`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.write))
    bench.begin(slot)
    bench.abandon(0)
    #expect(bench.engine.busySlots == 1)
    bench.complete()
    #expect(bench.replies.isEmpty)
    #expect(bench.isEmpty)
  }

  @Test func `while it waits for a path: the write is dropped, not written later`() throws {
    let bench = EngineBench(paths: 1)
    bench.hold(0)
    let slot = try #require(bench.reserve(.write))
    bench.begin(slot)
    bench.abandon(0)
    bench.restore(0)
    #expect(bench.io.isEmpty && bench.replies.isEmpty)
    #expect(bench.isEmpty)
  }

  @Test func `while the reply is on its way`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.read))
    bench.begin(slot)
    bench.complete()
    bench.abandon(0)
    #expect(bench.isEmpty)
  }

  @Test func `other sessions go on`() throws {
    let bench = EngineBench()
    let mine = try #require(bench.reserve(.read, session: 0))
    let other = try #require(bench.reserve(.read, session: 1))
    bench.begin(mine)
    bench.begin(other)
    bench.abandon(0)
    bench.complete()
    bench.complete()
    #expect(bench.replies == [other])
    bench.sent(other)
    #expect(bench.isEmpty)
  }
}

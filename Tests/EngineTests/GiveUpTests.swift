import BlockIO
import Engine
import Multipath
import Testing

/// Buffers when a path hangs: each attempt keeps its own until it has answered.
@Suite struct GiveUpTests {
  /// Path 0 carries `slot` and is found to hang; the last request in `bench.io` is the retry.
  private func stall(_ bench: EngineBench) {
    bench.passToDeadline()
    let probes = bench.io.filter { $0.token.kind == TokenKind.probe }
    bench.io.removeAll { $0.token.kind == TokenKind.probe }
    for probe in probes { bench.complete(probe) }
    bench.passToDeadline()
  }

  @Test func `a read goes elsewhere with a buffer of its own, and the winner's data is the reply`()
    throws
  {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.read))
    bench.begin(slot)
    stall(bench)
    #expect(bench.io.map(\.path) == [PathIndex(0), PathIndex(1)])
    #expect(bench.io[0].buffer != bench.io[1].buffer)
    let second = bench.io.removeLast()
    bench.complete(second)
    #expect(bench.engine.reply(for: slot).buffer == second.buffer)
    bench.sent(slot)
    // The first attempt may still write to its buffer: nobody else gets that before it has answered.
    let late = bench.io[0]
    let next = try #require(bench.reserve(.read))
    #expect(bench.engine.payload(of: next).buffer != late.buffer)
    bench.abandon(0)
    bench.complete()
    #expect(bench.isEmpty)
  }

  @Test func `a write's buffer stays leased until its ghost has answered`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.write))
    bench.begin(slot)
    stall(bench)
    #expect(bench.io.count == 2)
    #expect(bench.io[0].buffer == bench.io[1].buffer)
    let buffer = bench.io[0].buffer
    bench.complete(bench.io.removeLast())
    bench.sent(slot)
    let next = try #require(bench.reserve(.write))
    #expect(bench.engine.payload(of: next).buffer != buffer)
    bench.abandon(0)
    bench.complete()
    #expect(bench.isEmpty)
  }

  @Test func `a retry carries the flags of its request`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.write, flags: .forceUnitAccess))
    bench.begin(slot)
    stall(bench)
    #expect(bench.io.map(\.flags) == [.forceUnitAccess, .forceUnitAccess])
  }

  @Test func `a read that finds no memory waits for some, and does not hold up others`() throws {
    let bench = EngineBench()
    let slot = try #require(bench.reserve(.read))
    bench.begin(slot)
    var rest: [BufferReference] = []
    while let buffer = bench.arena.lease(4096) { rest.append(buffer) }
    stall(bench)
    #expect(bench.io.count == 1)
    for buffer in rest { bench.arena.release(buffer) }
    bench.passToDeadline()
    #expect(bench.io.map(\.path) == [PathIndex(0), PathIndex(1)])
  }
}

import BlockIO
import Engine
import Multipath
import Testing

@Suite struct ProbeBufferTests {
  @Test func `a probe gets through while requests hold all other memory`() throws {
    let bench = EngineBench(paths: 1, sessions: 1)
    let first = try #require(bench.reserve(.write))
    bench.begin(first)
    bench.complete(Errno.enodev)
    var rest: [BufferReference] = []
    while let buffer = bench.arena.lease(4096) { rest.append(buffer) }
    bench.passToDeadline()
    #expect(bench.io.map(\.token.kind) == [TokenKind.probe])
    #expect(bench.io.allSatisfy { !$0.buffer.isNone })
    for buffer in rest { bench.arena.release(buffer) }
  }

  @Test func `probes of several paths share one buffer, which close gives back`() throws {
    let bench = EngineBench(paths: 3, sessions: 1)
    let free = bench.arena.freeBytes
    let slot = try #require(bench.reserve(.write))
    bench.begin(slot)
    for _ in 0..<3 { bench.complete(Errno.enodev) }
    bench.passToDeadline()
    #expect(bench.io.count == 3)
    #expect(Set(bench.io.map(\.buffer)).count == 1)
    #expect(bench.arena.freeBytes == free - 4096)
    for _ in 0..<3 { bench.complete(Errno.eio) }
    bench.abandon(0)
    #expect(bench.isEmpty)
  }
}

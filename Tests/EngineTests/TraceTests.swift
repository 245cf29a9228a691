import BlockIO
import Engine
import Multipath
import Testing

/// What a trace costs and how it ends.
@Suite struct TraceTests {
  @Test func aTraceThatNobodyTakesEndsAndCountsWhatIsMissing() {
    let bench = EngineBench()
    #expect(bench.begins(room: 1, bytesMax: 1 << 20))
    // Two chunks, by time: there is room for one.
    for turn in 1...6 { bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn))) }
    #expect(bench.chunk() == 3)
    for turn in 7...10 { bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn))) }
    let summary = bench.summary()
    #expect(summary?.ending == .tooSlow)
    #expect(summary?.inputs == 3)
    #expect(summary?.missing == 7)
    let isTracing = bench.engine.isTracing
    #expect(!isTracing)
  }

  @Test func grantedRoomLetsATraceGoOn() {
    let bench = EngineBench()
    #expect(bench.begins(room: 1, bytesMax: 1 << 20))
    var taken = 0
    for turn in 1...30 {
      bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn)))
      guard let count = bench.chunk() else { continue }
      taken += count
      bench.engine.grantTrace(1)
    }
    bench.engine.endTrace(.asked)
    taken += bench.chunk() ?? 0
    #expect(taken == 30)
    #expect(bench.summary() == TraceSummary(ending: .asked, inputs: 30, missing: 0))
  }

  @Test func aTraceEndsWhenItHasAllTheBytesItMayHave() {
    let bench = EngineBench()
    #expect(bench.begins(room: 8, bytesMax: 10))
    for turn in 1...6 { bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn))) }
    #expect(bench.chunk() == 3)
    #expect(bench.summary()?.ending == .full)
  }

  @Test func aTraceEndsWhereSomethingIsDoneThatItCannotTell() {
    let bench = EngineBench()
    #expect(bench.begins(room: 8, bytesMax: 1 << 20))
    #expect(!bench.begins(room: 8, bytesMax: 1 << 20), "one at a time")
    bench.decide { machine, _ in machine.setMode(.activeActive) }
    #expect(bench.summary()?.ending == .unrecorded)
  }
}

extension EngineBench {
  fileprivate func begins(room: Int, bytesMax: Int) -> Bool {
    engine.beginTrace(at: .zero, room: room, bytesMax: bytesMax) != nil
  }

  /// The inputs in the chunk that is ready.
  fileprivate func chunk() -> Int? { engine.takeTrace()?.count }

  fileprivate func summary() -> TraceSummary? { engine.finishTrace() }

  /// One input, and nothing that follows from it.
  fileprivate func tickTraced(at now: Instant) {
    engine.tick(at: now, arena: &arena, effects: &effects)
    while effects.next() != nil {}
  }
}

import BlockIO
import Engine
import Multipath
import Testing

/// What a trace costs and how it ends.
@Suite struct TraceTests {
  @Test func aTraceThatNobodyTakesEndsAndCountsWhatIsMissing() {
    let bench = EngineBench()
    #expect(bench.engine.beginTrace(at: .zero, room: 1, bytesMax: 1 << 20) != nil)
    // Two chunks, by time: there is room for one.
    for turn in 1...6 { bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn))) }
    #expect(bench.engine.takeTrace()?.count == 3)
    for turn in 7...10 { bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn))) }
    let summary = bench.engine.finishTrace()
    #expect(summary?.ending == .tooSlow)
    #expect(summary?.inputs == 3)
    #expect(summary?.missing == 7)
    #expect(!bench.engine.isTracing)
  }

  @Test func grantedRoomLetsATraceGoOn() {
    let bench = EngineBench()
    #expect(bench.engine.beginTrace(at: .zero, room: 1, bytesMax: 1 << 20) != nil)
    var taken = 0
    for turn in 1...30 {
      bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn)))
      guard let chunk = bench.engine.takeTrace() else { continue }
      taken += chunk.count
      bench.engine.grantTrace(1)
    }
    bench.engine.endTrace(.asked)
    taken += bench.engine.takeTrace()?.count ?? 0
    #expect(taken == 30)
    #expect(
      bench.engine.finishTrace() == TraceSummary(ending: .asked, inputs: 30, missing: 0))
  }

  @Test func aTraceEndsWhenItHasAllTheBytesItMayHave() {
    let bench = EngineBench()
    #expect(bench.engine.beginTrace(at: .zero, room: 8, bytesMax: 10) != nil)
    for turn in 1...6 { bench.tickTraced(at: .zero + .milliseconds(100 * UInt64(turn))) }
    #expect(bench.engine.takeTrace()?.count == 3)
    #expect(bench.engine.finishTrace()?.ending == .full)
  }

  @Test func aTraceEndsWhereSomethingIsDoneThatItCannotTell() {
    let bench = EngineBench()
    #expect(bench.engine.beginTrace(at: .zero, room: 8, bytesMax: 1 << 20) != nil)
    #expect(bench.engine.beginTrace(at: .zero, room: 8, bytesMax: 1 << 20) == nil, "one at a time")
    bench.decide { machine, _ in machine.setMode(.activeActive) }
    #expect(bench.engine.finishTrace()?.ending == .unrecorded)
  }
}

extension EngineBench {
  /// One input, and nothing that follows from it.
  fileprivate func tickTraced(at now: Instant) {
    engine.tick(at: now, arena: &arena, effects: &effects)
    while effects.next() != nil {}
  }
}

import BlockIO
import Multipath
import Testing

/// What lies beyond the end of a medium that has shrunk, and who is to blame for it.
@Suite struct ShrinkTests {
  /// The daemon learnt of a shrunk medium up to 3 s after probes did: idle paths had failed by then, and stayed
  /// FAIL until their probes had been good for a while.
  @Test func `a path that failed beyond the new end is back at once`() {
    let bench = Bench(.activePassive, paths: 2)
    // The bench answers each read beyond half of the medium as a path does that ends there.
    while bench.state(0) == .active || bench.state(0) == .passive {
      bench.passToProbe(0)
      guard let probe = bench.probes.first(where: { $0.path == 0 }) else { return }
      bench.answerProbe(0, probe.range.offset < 1 << 19 ? 0 : Errno.eio)
    }
    let isBlamedBeyond = bench.events.contains {
      if case .pathFailed(_, let cause) = $0 { cause.offset >= 1 << 19 } else { false }
    }
    #expect(isBlamedBeyond)
    bench.resize(1 << 19)
    #expect(bench.events.contains(.pathRestored(PathIndex(0), .mediumShrank)))
    #expect(bench.states.first == "OPTIMAL")
    // It is held to what is left.
    for probe in bench.probes where probe.path == 0 { #expect(probe.range.end <= 1 << 19) }
    bench.answerProbe(0)
    #expect(bench.states.first == "OPTIMAL")
  }

  @Test func `a path that failed before the new end stays out`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read, at: 0)
    guard let path = bench.paths(of: slot).first else { return }
    bench.answer(slot, Errno.eio)
    bench.play([:])
    bench.resize(1 << 19)
    #expect(bench.states.first == "DEGRADED")
    #expect(bench.state(path) == .fail || bench.state(path) == .probing)
  }

  @Test func `an operator's hold outlasts a shrunk medium`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read, at: 1 << 19)
    guard let path = bench.paths(of: slot).first else { return }
    bench.answer(slot, Errno.eio)
    bench.play([:])
    bench.hold(path)
    bench.resize(1 << 19)
    #expect(bench.state(path) == .held)
  }

  @Test func `the answer to a probe beyond the new end says nothing`() {
    let bench = Bench(.activePassive, paths: 2)
    repeat {
      bench.passToProbe(0)
      if bench.probes.first(where: { $0.path == 0 })?.range.offset ?? 0 < 1 << 19 {
        bench.answerProbe(0)
      }
    } while !bench.probes.contains { $0.path == 0 }
    bench.resize(1 << 19)
    bench.answerProbe(0, Errno.eio)
    #expect(!bench.probes.contains { $0.path == 0 }, "it was not asked again")
    #expect(bench.states.first == "OPTIMAL")
  }

  @Test func `bad places beyond the new end are forgotten`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.submit(.read, at: 0)
    bench.play([0: Errno.eio, 1: Errno.eio])
    bench.submit(.read, at: 1 << 19)
    bench.play([0: Errno.eio, 1: Errno.eio])
    #expect(bench.machine.mediumFaults.count == 2)
    bench.resize(1 << 19)
    #expect(bench.machine.mediumFaults.count == 1)
    #expect(bench.machine.mediumFaults[0].range.offset == 0)
  }
}

import BlockIO
import Multipath
import Testing

@Suite struct HoldTests {
  @Test func `a held path is not restored when the last path fails`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.hold(0)
    let slot = bench.submit(.write)
    bench.play([1: Errno.eio])
    #expect(bench.finished[slot] == eio)
    #expect(bench.state(0) == .held)
    #expect(bench.attempts.isEmpty)
  }

  @Test func `good probes do not end a hold`() {
    let bench = Bench(
      .activePassive, paths: 2,
      probe: ProbeSchedule(first: .milliseconds(10), longest: .seconds(1), goodNeeded: 1))
    bench.submit(.write)
    bench.play([0: Errno.eio])
    bench.hold(0)
    bench.passToDeadline()
    bench.answerProbe(0)
    bench.answerIdentity(.same)
    #expect(bench.state(0) == .held)
    #expect(bench.route(.write, count: 2) == [1, 1])
    bench.restore(0)
    #expect(bench.states == ["OPTIMAL", "PASSIVE", "ACTIVE"])
  }

  @Test func `a removed path drains before its place is free`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.write)
    bench.remove(0)
    #expect(bench.drained.isEmpty)
    #expect(bench.state(0) == .lost)
    #expect(bench.route(.write, count: 1) == [1])
    bench.answer(slot, on: 0)
    #expect(bench.finished[slot] == .success)
    #expect(bench.drained == [0])
    #expect(bench.states == ["DEGRADED", "ACTIVE"])
  }

  @Test func `an idle path is drained at once, and its place is used again`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.remove(1)
    #expect(bench.drained == [1])
    #expect(bench.add() == 1)
  }
}

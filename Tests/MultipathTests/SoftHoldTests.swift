import BlockIO
import Multipath
import Testing

/// A hold that yields is gmultipath's FAIL by hand; FreeBSD's cases hold for it word by word.
@Suite struct SoftHoldTests {
  @Test func `misc-fail and misc-restore`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.hold(0, yields: true)
    #expect(bench.states == ["DEGRADED", "FAIL", "ACTIVE"])
    bench.restore(0)
    #expect(bench.states == ["OPTIMAL", "PASSIVE", "ACTIVE"])
  }

  @Test func `misc-restore_on_error`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.hold(0, yields: true)
    let slot = bench.submit(.write)
    bench.play([1: Errno.eio])
    #expect(bench.finished[slot] == .success)
    #expect(bench.states == ["DEGRADED", "ACTIVE", "FAIL"])
  }

  @Test func `failing the last good path by hand brings back the others`() {
    let bench = Bench(.activeActive, paths: 3)
    for path in 0..<3 { bench.hold(path, yields: true) }
    #expect(bench.states == ["DEGRADED", "ACTIVE", "ACTIVE", "FAIL"])
    #expect(bench.restores.sorted() == [0, 1])
  }

  @Test func `it has no lasting effect on the only path`() {
    let bench = Bench(.activePassive, paths: 1)
    bench.hold(0, yields: true)
    #expect(bench.states == ["DEGRADED", "ACTIVE"])
  }

  @Test func `nothing but need or an operator ends it`() {
    let bench = Bench(.activeActive, paths: 2)
    bench.hold(0, yields: true)
    bench.elapse(.seconds(120))
    for probe in bench.probes { bench.answerProbe(probe.path) }
    bench.elapse(.seconds(120))
    #expect(bench.state(0) == .fail)
    #expect(bench.route(.read, count: 5) == [1, 1, 1, 1, 1])
  }

  @Test func `of two holds the stronger counts`() {
    for order in [[true, false], [false, true]] {
      let bench = Bench(.activePassive, paths: 2)
      for yields in order { bench.hold(0, yields: yields) }
      #expect(bench.state(0) == .held)
      let slot = bench.submit(.write)
      bench.play([1: Errno.eio])
      #expect(bench.finished[slot] == eio)
      #expect(bench.state(0) == .held)
    }
  }
}

import BlockIO
import Multipath
import Testing

@Suite struct ProbeTests {
  private func failed(goodNeeded: Int = 3) -> Bench {
    let bench = Bench(
      .activePassive, paths: 2,
      probe: ProbeSchedule(
        first: .milliseconds(100), longest: .milliseconds(1_000), goodNeeded: goodNeeded))
    bench.submit(.write)
    bench.play([0: Errno.eio])
    return bench
  }

  @Test func `the wait doubles after each bad probe up to the limit`() {
    let bench = failed()
    var waits: [UInt64] = []
    for _ in 0..<7 {
      waits.append(bench.passToDeadline() ?? 0)
      bench.answerProbe(0, Errno.eio)
    }
    #expect(waits == [100, 100, 200, 400, 800, 1_000, 1_000])
  }

  @Test func `good probes in a row and the identity check bring a path back`() {
    let bench = failed()
    for _ in 0..<2 {
      bench.passToDeadline()
      bench.answerProbe(0)
      #expect(bench.state(0) == .probing)
      #expect(bench.identityChecks.isEmpty)
    }
    bench.passToDeadline()
    bench.answerProbe(0)
    bench.answerIdentity(.same)
    #expect(bench.states == ["OPTIMAL", "PASSIVE", "ACTIVE"])
    // Nothing is left to do but to look after idle paths, some seconds from here.
    let next = bench.machine.nextDeadline
    #expect(next.map { $0 - bench.now > .seconds(4) } == true)
  }

  @Test func `a bad probe between good ones starts the count anew`() {
    let bench = failed(goodNeeded: 2)
    for errno in [0, Errno.eio, 0] {
      bench.passToDeadline()
      bench.answerProbe(0, errno)
    }
    #expect(bench.identityChecks.isEmpty)
  }

  @Test func `a path that shows another medium is never used again`() {
    let bench = failed(goodNeeded: 1)
    bench.passToDeadline()
    bench.answerProbe(0)
    bench.answerIdentity(.different)
    #expect(bench.state(0) == .foreign)
    let slot = bench.submit(.write)
    bench.play([1: Errno.eio])
    #expect(bench.finished[slot] == eio)
    #expect(bench.state(0) == .foreign)
  }

  @Test func `a path that could not be compared is probed on`() {
    let bench = failed(goodNeeded: 1)
    bench.passToDeadline()
    bench.answerProbe(0)
    bench.answerIdentity(.unknown)
    #expect(bench.state(0) == .fail)
    #expect(bench.passToDeadline() != nil)
    #expect(bench.probes.count == 1)
  }

  @Test func `probes read another block each time`() {
    let bench = failed()
    var offsets = Set<UInt64>()
    for _ in 0..<16 {
      bench.passToProbe(0)
      if let probe = bench.probes.last { offsets.insert(probe.range.offset) }
      bench.answerProbe(0, Errno.eio)
    }
    #expect(offsets.count == 16)
  }

  @Test func `the answer to a probe of an earlier failure changes nothing`() {
    let bench = failed(goodNeeded: 1)
    bench.passToDeadline()
    bench.restore(0)
    bench.answerProbe(0, Errno.eio)
    #expect(bench.states == ["OPTIMAL", "PASSIVE", "ACTIVE"])
  }

  @Test func `a path opened anew is probed at once`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.submit(.write)
    bench.play([0: Errno.enodev])
    bench.machine.pathReopened(PathIndex(0), at: bench.now)
    #expect(bench.passToDeadline() == 0)
    #expect(bench.probes.map(\.path) == [0])
  }
}

@Suite struct ReopenedPathTests {
  /// The comparison was made through a descriptor that leads elsewhere by now.
  @Test func `an identity check of the old descriptor does not bring a reopened path back`() {
    let bench = Bench(.activePassive, paths: 2, probe: ProbeSchedule(goodNeeded: 1))
    let slot = bench.submit(.write)
    bench.answer(slot, Errno.enodev)
    bench.play([:])
    bench.passToDeadline()
    bench.answerProbe(0)
    #expect(bench.identityChecks.count == 1)
    bench.machine.pathReopened(PathIndex(0), at: bench.now)
    bench.answerIdentity(.same)
    #expect(bench.state(0) != .passive && bench.state(0) != .active)
    bench.passToDeadline()
    bench.answerProbe(0)
    bench.answerIdentity(.same)
    #expect(bench.state(0) == .passive)
  }
}

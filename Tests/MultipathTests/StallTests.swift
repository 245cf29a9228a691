import BlockIO
import Multipath
import Testing

/// A path that does not answer: 50 ms of patience, a witness, 10 ms of grace.
@Suite struct StallTests {
  @Test func `a silent path with a busy sibling is given up after floor and grace`() throws {
    let bench = Bench(.activeActive, paths: 2)
    let silent = bench.submit(.read)
    let busy = bench.submit(.read)
    let path = try #require(bench.paths(of: silent).first)
    bench.elapse(.milliseconds(45))
    bench.answer(busy)
    bench.elapse(.milliseconds(14))
    #expect(bench.paths(of: silent) == [path])
    bench.elapse(.milliseconds(1))
    #expect(bench.paths(of: silent) == [path, 1 - path])
    #expect(bench.state(path) == .fail)
    #expect(bench.attempts.last?.needsOwnBuffer == true)
  }

  @Test func `a silent target blames nobody`() {
    let bench = Bench(.activeActive, paths: 3)
    let slots = (0..<3).map { bench.submit(.write, at: UInt64($0) * 4096) }
    bench.elapse(.seconds(4))
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "ACTIVE", "ACTIVE"])
    // All come back, one of them first: the others have the grace.
    bench.answer(slots[0])
    bench.elapse(.milliseconds(9))
    for slot in slots[1...] { bench.answer(slot) }
    bench.elapse(.seconds(1))
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "ACTIVE", "ACTIVE"])
    #expect(bench.machine.counters.givenUp == 0)
  }

  @Test func `an idle sibling is probed as a witness`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read)
    bench.elapse(.milliseconds(50))
    #expect(bench.probes.map(\.path) == [1])
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    #expect(bench.paths(of: slot) == [0, 1])
  }

  @Test func `all idle siblings are asked, since the first may hang as well`() {
    let bench = Bench(.activePassive, paths: 4)
    let slot = bench.submit(.read)
    bench.elapse(.milliseconds(50))
    #expect(Set(bench.probes.map(\.path)) == [1, 2, 3])
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    #expect(bench.paths(of: slot).count == 2)
  }

  @Test func `a flush that takes long is judged by a probe of its own path`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.answer(bench.submit(.write))
    let flush = bench.submit(.flush)
    bench.answer(flush, on: 1)
    bench.elapse(.milliseconds(50))
    #expect(bench.probes.map(\.path) == [0])
    bench.answerProbe(0)
    bench.elapse(.milliseconds(40))
    #expect(bench.paths(of: flush) == [0])
  }

  @Test func `a flush whose path does not answer a probe either goes elsewhere`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.answer(bench.submit(.write))
    let flush = bench.submit(.flush)
    bench.answer(flush, on: 1)
    bench.elapse(.milliseconds(100))
    #expect(Set(bench.probes.map(\.path)) == [0, 1])
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    #expect(bench.paths(of: flush) == [0, 1])
    bench.answer(flush, on: 1)
    #expect(bench.finished[flush] == .success)
  }

  @Test func `when the last path in service hangs a failed one that answers is brought back`() {
    let bench = Bench(.activePassive, paths: 2, probe: ProbeSchedule(first: .seconds(9)))
    bench.submit(.write)
    bench.play([0: Errno.eio])
    let slot = bench.submit(.read)
    bench.elapse(.milliseconds(50))
    #expect(bench.probes.map(\.path) == [0])
    bench.answerProbe(0)
    #expect(bench.restores == [0])
    bench.elapse(.milliseconds(10))
    #expect(bench.paths(of: slot) == [1, 0])
    #expect(bench.state(1) == .fail)
  }

  @Test func `a path that comes into service is asked about those that are silent`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.hold(1)
    let slot = bench.submit(.read)
    bench.elapse(.milliseconds(200))
    #expect(bench.probes.isEmpty)
    bench.restore(1)
    #expect(bench.probes.map(\.path) == [1])
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    #expect(bench.paths(of: slot) == [0, 1])
  }

  @Test func `the hang of an idle path is found by its probe`() {
    let bench = Bench(.activePassive, paths: 2)
    for _ in 0..<60 {
      bench.answer(bench.submit(.read))
      bench.elapse(.milliseconds(100))
    }
    #expect(bench.probes.contains { $0.path == 1 })
    #expect(bench.state(1) == .fail)
  }

  @Test func `silent paths are convicted together, and nothing goes from one to the other`() {
    let bench = Bench(.activeActive, paths: 3)
    let slots = (0..<3).map { _ in bench.submit(.read) }
    let last = bench.paths(of: slots[2])[0]
    bench.elapse(.milliseconds(30))
    bench.answer(slots[2])
    bench.elapse(.milliseconds(30))
    #expect(slots[..<2].map { bench.paths(of: $0).last } == [last, last])
    #expect(bench.machine.counters.givenUp == 2)
  }

  @Test func `a path without alternative is not convicted`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read)
    bench.elapse(.milliseconds(50))
    bench.answerProbe(1)
    bench.hold(1)
    bench.elapse(.seconds(2))
    #expect(bench.states == ["DEGRADED", "ACTIVE", "HELD"])
    #expect(bench.paths(of: slot) == [0])
  }

  @Test func `a path that is being removed is given up like any other`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read)
    bench.remove(0)
    bench.elapse(.milliseconds(50))
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    #expect(bench.paths(of: slot) == [0, 1])
    bench.answer(slot, on: 1)
    bench.answer(slot, on: 0)
    #expect(bench.drained == [0])
  }

  @Test func `a machine that comes late itself does not blame a path for it`() {
    let bench = Bench(.activeActive, paths: 2)
    let slot = bench.submit(.read)
    let other = bench.submit(.read)
    bench.pass(.milliseconds(500))
    bench.answer(other)
    bench.answer(slot)
    bench.elapse(.milliseconds(100))
    #expect(bench.machine.counters.givenUp == 0)
  }

  /// On a starved machine the servers of paths stand still with us; a path was failed 20 ms after both went on.
  @Test func `a pause of our own is not counted as a path's silence`() throws {
    let bench = Bench(.activeActive, paths: 2)
    let slot = bench.submit(.read)
    let path = try #require(bench.paths(of: slot).first)
    bench.answer(bench.submit(.read), on: 1 - path)
    bench.elapse(.milliseconds(20))
    bench.answer(bench.submit(.read), on: 1 - path)
    // Asked to wake at 50 ms, we come at 200 ms: since the last turn nothing counts, so 30 ms are left.
    bench.pass(.milliseconds(180))
    bench.elapse(.milliseconds(28))
    bench.answer(bench.submit(.read), on: 1 - path)
    #expect(bench.paths(of: slot) == [path])
    #expect(bench.state(path) == .active)
    bench.elapse(.milliseconds(13))
    #expect(bench.paths(of: slot) == [path, 1 - path])
    #expect(bench.state(path) == .fail)
  }

  @Test func `a pause of our own during the grace begins the grace anew`() throws {
    let bench = Bench(.activeActive, paths: 2)
    let slot = bench.submit(.read)
    let path = try #require(bench.paths(of: slot).first)
    bench.elapse(.milliseconds(50))
    bench.answer(bench.submit(.read), on: 1 - path)
    bench.elapse(.milliseconds(5))
    bench.pass(.milliseconds(300))
    #expect(bench.state(path) == .active)
    bench.elapse(.milliseconds(9))
    #expect(bench.state(path) == .active)
    bench.elapse(.milliseconds(2))
    #expect(bench.state(path) == .fail)
  }
}

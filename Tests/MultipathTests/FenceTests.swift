import BlockIO
import Multipath
import Testing

/// With a fence required, changes leave a path that failed by itself only once it has been cut off.
@Suite struct FenceTests {
  private func bench(
    paths: Int = 2, cacheDomain: CacheDomain = .shared, stall: StallPolicy = StallPolicy(),
    fence: FencePolicy = .required
  ) -> Bench {
    Bench(.activePassive, paths: paths, cacheDomain: cacheDomain, stall: stall, fence: fence)
  }

  private func has(_ bench: Bench, _ event: MultipathEvent) -> Bool {
    bench.events.contains(event)
  }

  @Test func `changes wait for the fence of the path they left, reads do not`() {
    let bench = bench()
    let old = bench.submit(.write)
    bench.lose(0)
    let new = bench.submit(.write, at: 65536)
    let read = bench.submit(.read, at: 8192)
    #expect(bench.paths(of: old) == [0])
    #expect(bench.paths(of: new).isEmpty)
    #expect(bench.paths(of: read) == [1])
    #expect(bench.machine.heldCount == 2)
    #expect(bench.fences.map(\.path) == [0])
    #expect(bench.machine.fence(bench.index(0)) == .running(since: bench.now))
    #expect(has(bench, .fenceBegan(bench.index(0))))
    bench.pass(.milliseconds(200))
    bench.endFence(true)
    #expect(has(bench, .fenceSucceeded(bench.index(0), waited: .milliseconds(200))))
    #expect(bench.paths(of: old) == [0, 1])
    #expect(bench.paths(of: new) == [1])
    #expect(bench.machine.counters.fences == 1)
  }

  @Test func `a fence that fails is tried again, later each time`() {
    let bench = bench(
      fence: FencePolicy(
        isRequired: true, retryFirst: .milliseconds(100), retryLongest: .milliseconds(300)))
    let write = bench.submit(.write)
    bench.lose(0)
    var waits: [UInt64] = []
    for _ in 0..<4 {
      let failedAt = bench.now
      bench.endFence(false)
      #expect(bench.paths(of: write) == [0])
      while bench.fences.isEmpty { bench.passToDeadline() }
      waits.append((bench.now - failedAt).milliseconds)
    }
    #expect(waits == [100, 200, 300, 300])
    #expect(bench.machine.counters.fencesFailed == 4)
    #expect(has(bench, .fenceFailed(bench.index(0), retryIn: .milliseconds(100))))
    bench.endFence(true)
    #expect(bench.paths(of: write) == [0, 1])
  }

  @Test func `what waits for a fence fails after the hold time`() {
    let bench = bench(stall: StallPolicy(holdTimeout: .seconds(2)))
    let old = bench.submit(.write)
    bench.pass(.seconds(1))
    bench.lose(0)
    bench.endFence(false)
    let new = bench.submit(.write, at: 65536)
    bench.elapse(.milliseconds(1_999))
    #expect(bench.finished[old] == nil && bench.finished[new] == nil)
    bench.elapse(.milliseconds(1))
    #expect(bench.finished[old] == eio && bench.finished[new] == eio)
  }

  @Test func `an operator can fail what waits for a fence`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    #expect(bench.machine.failQueued(effects: &bench.effects) == 1)
    bench.pass(.zero)
    #expect(bench.finished[write] == eio)
  }

  @Test func `a path that carried no change needs no fence`() {
    let bench = bench()
    let read = bench.submit(.read)
    let write = bench.submit(.write)
    bench.answer(write)
    bench.lose(0)
    #expect(bench.fences.isEmpty)
    #expect(bench.paths(of: read) == [0, 1])
    let next = bench.submit(.write)
    #expect(bench.paths(of: next) == [1])
  }

  @Test func `a stalled path is fenced as well, and lost after that`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.elapse(.milliseconds(50))
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    #expect(bench.state(0) == .fail)
    #expect(bench.fences.map(\.path) == [0])
    #expect(bench.paths(of: write) == [0])
    bench.endFence(true)
    #expect(bench.state(0) == .lost)
    #expect(bench.paths(of: write) == [0, 1])
  }

  /// Such a path is known to do nothing more, fence or not.
  @Test func `a stalled path that answers everything after all needs no fence any more`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.elapse(.milliseconds(50))
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    let new = bench.submit(.write, at: 65536)
    bench.answer(write, on: 0)
    #expect(bench.finished[write] == .success)
    #expect(bench.paths(of: new) == [1])
    #expect(has(bench, .fenceNotNeeded(bench.index(0))))
    bench.endFence(true)
    #expect(bench.machine.counters.fences == 0)
  }

  /// The end of the quiet time is a guess, and the operator has asked for more.
  @Test func `attempts that are given back by the end of their quiet time prove nothing`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    bench.endFence(false)
    bench.answer(write, on: 0, Errno.econnreset)
    #expect(bench.paths(of: write).isEmpty)
    #expect(bench.machine.heldCount == 1)
    bench.reopen(0)
    for _ in 0..<4 {
      bench.passToProbe(0)
      bench.answerProbe(0)
    }
    #expect(bench.identityChecks.isEmpty)
    #expect(bench.state(0) == .probing)
    while bench.fences.isEmpty { bench.passToDeadline() }
    bench.endFence(true)
    #expect(bench.paths(of: write) == [1])
  }

  @Test func `a path found to be foreign meanwhile is no nearer to its return`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    bench.endFence(false)
    bench.reopen(0)
    bench.machine.markForeign(bench.index(0), at: bench.now, effects: &bench.effects)
    bench.restore(0)
    #expect(bench.machine.table.usable.contains(bench.index(0)) == false)
    #expect(bench.paths(of: write) == [0])
  }

  @Test func `a fenced path returns after probes and an identity check`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    bench.endFence(true)
    bench.answer(write, on: 0, Errno.econnreset)
    bench.answer(write, on: 1)
    #expect(bench.machine.fence(bench.index(0)) == .fenced(at: bench.now))
    bench.reopen(0)
    for _ in 0..<3 {
      bench.passToProbe(0)
      bench.answerProbe(0)
    }
    bench.answerIdentity(.same)
    #expect(bench.state(0) == .passive)
    #expect(bench.machine.fence(bench.index(0)) == .none)
  }

  @Test func `a path that is the last one is restored at once and not fenced`() {
    let bench = bench(paths: 1)
    let first = bench.submit(.write)
    let second = bench.submit(.write, at: 8192)
    bench.answer(first, Errno.eio)
    #expect(bench.fences.isEmpty)
    #expect(bench.state(0) == .active)
    bench.answer(second)
    #expect(bench.finished[second] == .success)
  }

  @Test func `an operator's hold moves changes without a fence`() {
    let bench = bench()
    bench.submit(.write)
    bench.hold(0)
    let next = bench.submit(.write, at: 8192)
    #expect(bench.fences.isEmpty)
    #expect(bench.paths(of: next) == [1])
  }

  @Test func `a restore does not take the place of a fence`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    bench.reopen(0)
    bench.restore(0)
    #expect(bench.machine.table.usable.contains(bench.index(0)) == false)
    #expect(bench.paths(of: write) == [0])
    bench.endFence(true)
    #expect(bench.paths(of: write) == [0, 1])
  }

  @Test func `a removed path stays until it has been fenced`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    bench.endFence(false)
    bench.remove(0)
    bench.answer(write, on: 0, Errno.econnreset)
    #expect(bench.drained.isEmpty)
    #expect(bench.paths(of: write).isEmpty)
    while bench.fences.isEmpty { bench.passToDeadline() }
    bench.endFence(true)
    #expect(bench.drained == [0])
    #expect(bench.paths(of: write) == [1])
  }

  @Test func `a path that hangs while it is being removed is fenced`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.remove(0)
    bench.elapse(.milliseconds(50))
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    #expect(bench.fences.map(\.path) == [0])
    #expect(bench.paths(of: write) == [0])
  }

  @Test func `without the requirement what waits goes on, and late outcomes count for nothing`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    bench.setFence(.none)
    #expect(bench.paths(of: write) == [0, 1])
    #expect(bench.machine.unfenced.isEmpty)
    bench.endFence(true)
    #expect(bench.machine.fence(bench.index(0)) == .none)
    #expect(bench.machine.counters.fences == 0)
  }

  @Test func `changes wait until all paths that need it are fenced`() {
    let bench = Bench(.activeActive, paths: 3, fence: .required)
    let writes = (0..<3).map { bench.submit(.write, at: UInt64($0) * 8192) }
    let first = bench.paths(of: writes[0])[0]
    let second = bench.paths(of: writes[1])[0]
    bench.lose(first)
    bench.lose(second)
    bench.endFence(true)
    #expect(bench.paths(of: writes[0]) == [first])
    bench.endFence(true)
    #expect(bench.paths(of: writes[0]).count == 2)
    #expect(bench.paths(of: writes[1]).count == 2)
  }

  @Test func `after stop nothing waits for a fence`() {
    let bench = bench()
    let write = bench.submit(.write)
    bench.lose(0)
    bench.machine.stop(at: bench.now, effects: &bench.effects)
    bench.pass(.zero)
    #expect(bench.finished[write] == .failure(errno: Errno.eshutdown))
    let next = bench.submit(.write, at: 65536)
    #expect(bench.finished[next] == .failure(errno: Errno.eshutdown))
  }

  // MARK: Private caches

  private func clean() -> Bench {
    let bench = bench(cacheDomain: .private)
    bench.submit(.flush)
    bench.play([:])
    return bench
  }

  /// It may write them back over what has come by another server since.
  @Test func `in private caches acknowledged writes that are not flushed need a fence`() {
    let bench = clean()
    bench.answer(bench.submit(.write))
    bench.lose(0)
    #expect(bench.fences.map(\.path) == [0])
    let next = bench.submit(.write)
    #expect(bench.paths(of: next).isEmpty)
    bench.endFence(true)
    #expect(bench.paths(of: next) == [1])
    bench.answer(next)
    let told = bench.submit(.flush)
    #expect(bench.finished[told] == eio)
    #expect(has(bench, .flushFailed(bench.index(0))))
    let flush = bench.submit(.flush)
    bench.play([:])
    #expect(bench.finished[flush] == .success)
  }

  @Test func `in private caches what is flushed needs no fence`() {
    let bench = clean()
    bench.answer(bench.submit(.write))
    bench.submit(.flush)
    bench.play([:])
    bench.lose(0)
    #expect(bench.fences.isEmpty)
    let next = bench.submit(.write)
    #expect(bench.paths(of: next) == [1])
  }

  @Test func `in private caches a write that failed may be in the cache all the same`() {
    let bench = clean()
    let write = bench.submit(.write)
    bench.answer(write, on: 0, Errno.eio)
    #expect(bench.fences.map(\.path) == [0])
    #expect(bench.paths(of: write).isEmpty)
    bench.endFence(true)
    #expect(bench.paths(of: write) == [1])
  }

  @Test func `in private caches a path that is back before its fence keeps its changes`() {
    let bench = clean()
    bench.answer(bench.submit(.write))
    let read = bench.submit(.read)
    bench.answer(read, on: 0, Errno.eio)
    bench.answer(read)
    bench.endFence(false)
    let next = bench.submit(.write)
    #expect(bench.paths(of: next).isEmpty)
    for _ in 0..<3 {
      bench.passToProbe(0)
      bench.answerProbe(0)
    }
    bench.answerIdentity(.same)
    #expect(has(bench, .fenceNotNeeded(bench.index(0))))
    #expect(bench.active == 0)
    #expect(bench.paths(of: next) == [0])
  }
}

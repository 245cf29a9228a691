import BlockIO
import Multipath
import Testing

/// Connections that end: what they carried goes elsewhere at once, and may still land for a while.
@Suite struct LossTests {
  private func losses(_ bench: Bench, of path: Int) -> Int {
    bench.events.count { event in
      if case .pathLost(let index, _) = event { return index == bench.index(path) }
      return false
    }
  }

  @Test func `a lost connection's reads and writes go elsewhere at once`() {
    let bench = Bench(.activePassive, paths: 2)
    let read = bench.submit(.read)
    let write = bench.submit(.write, at: 8192)
    bench.lose(0)
    #expect(bench.state(0) == .lost)
    #expect(bench.active == 1)
    #expect(bench.paths(of: read) == [0, 1])
    #expect(bench.paths(of: write) == [0, 1])
    #expect(bench.machine.ghosts == 1)
    bench.answer(read, on: 0, Errno.econnreset)
    #expect(bench.finished[read] == nil)
    bench.answer(read, on: 1)
    bench.answer(write, on: 1)
    #expect(bench.finished[read] == .success && bench.finished[write] == .success)
  }

  @Test func `what the old connection may still change is held until it is answered`() {
    let bench = Bench(.activePassive, paths: 2)
    let ghost = bench.submit(.write)
    bench.lose(0)
    bench.answer(ghost, on: 1)
    let held = bench.submit(.write)
    #expect(bench.paths(of: held).isEmpty)
    bench.elapse(.seconds(2))
    bench.answer(ghost, on: 0, Errno.econnreset)
    #expect(bench.paths(of: held) == [1])
  }

  /// Reopens a lost path, and answers its probes until it is compared and back.
  private func bringBack(_ path: Int, of bench: Bench) {
    bench.reopen(path)
    for _ in 0..<3 {
      bench.passToProbe(path)
      bench.answerProbe(path)
    }
    bench.answerIdentity(.same)
  }

  @Test func `a lost path returns when it has been reopened, probed and compared`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.lose(0)
    bench.reopen(0)
    bench.passToProbe(0)
    bench.answerProbe(0)
    #expect(bench.state(0) == .probing)
    bringBack(0, of: bench)
    #expect(bench.state(0) == .passive)
  }

  /// Else everything would wait for the quiet time when all servers were restarted one after the other.
  @Test
  func `what the old connection left behind does not keep the path out, and is still held for`() {
    let bench = Bench(.activePassive, paths: 2)
    let ghost = bench.submit(.write)
    bench.lose(0)
    bench.answer(ghost, on: 1)
    bringBack(0, of: bench)
    #expect(bench.state(0) == .passive)
    bench.lose(1)
    let held = bench.submit(.write)
    let other = bench.submit(.write, at: 8192)
    #expect(bench.paths(of: held).isEmpty)
    #expect(bench.paths(of: other) == [0])
    bench.answer(ghost, on: 0, Errno.econnreset)
    #expect(bench.paths(of: held) == [0])
  }

  @Test func `an answer about the old connection says nothing about the new one`() {
    let bench = Bench(.activePassive, paths: 2)
    let ghost = bench.submit(.write)
    let contended = bench.submit(.write)
    bench.lose(0)
    bringBack(0, of: bench)
    bench.answer(contended, on: 0, Errno.econnreset)
    bench.answer(ghost, on: 0, Errno.econnreset)
    #expect(bench.state(0) == .passive)
    #expect(bench.paths(of: ghost) == [1] && bench.paths(of: contended) == [1])
  }

  @Test func `a path that is the only one tries again by its new connection`() {
    let bench = Bench(.activePassive, paths: 1)
    let write = bench.submit(.write)
    bench.lose(0)
    #expect(bench.paths(of: write) == [0])
    bringBack(0, of: bench)
    #expect(bench.paths(of: write) == [0, 0])
    let held = bench.submit(.write)
    #expect(bench.paths(of: held).isEmpty)
    bench.answer(write, Errno.econnreset)
    #expect(bench.finished[write] == nil)
    #expect(bench.paths(of: held) == [0])
    bench.answer(write)
    #expect(bench.finished[write] == .success)
  }

  @Test func `what the old connection left behind takes no room on the new one`() {
    let bench = Bench(.activePassive, paths: 1, attemptsPerPathMax: 2)
    for place in 0..<2 { bench.submit(.write, at: UInt64(place) * 8192) }
    bench.lose(0)
    bringBack(0, of: bench)
    #expect(bench.attempts.count == 4)
    bench.play([:])
    #expect(bench.finished.values.allSatisfy { $0 == .success })
  }

  /// It had been given up there before an error came from elsewhere, and waited for the old connection's answer.
  @Test func `a request that was given up on a connection may try the path's next one`() {
    let bench = Bench(.activePassive, paths: 2)
    let write = bench.submit(.write)
    bench.elapse(.milliseconds(50))
    bench.answerProbe(1)
    bench.elapse(.milliseconds(10))
    bench.answer(write, on: 1, Errno.eio)
    #expect(bench.finished[write] == nil)
    bench.lose(0)
    bringBack(0, of: bench)
    #expect(bench.paths(of: write) == [0, 0])
  }

  @Test func `an idle path whose connection ends is lost as well`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.lose(1, Errno.etimedout)
    #expect(bench.states == ["DEGRADED", "ACTIVE", "LOST"])
    #expect(bench.machine.table[bench.index(1)].counters.failures == 1)
    #expect(bench.machine.decisions.newest(0).kind == .fault)
    bench.lose(0)
    #expect(bench.states == ["FAILED", "LOST", "LOST"])
  }

  @Test func `a loss counts once, however often it is told`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.lose(0)
    bench.lose(0)
    #expect(losses(bench, of: 0) == 1)
    #expect(bench.machine.table[bench.index(0)].counters.failures == 1)
  }

  @Test func `a path that fails first and loses its connection then is lost`() {
    let bench = Bench(.activePassive, paths: 2)
    let read = bench.submit(.read)
    bench.answer(read, Errno.eio)
    #expect(bench.state(0) == .fail)
    bench.lose(0)
    #expect(bench.state(0) == .lost)
  }

  @Test func `a held path that loses its connection stays held, and is lost after that`() {
    let bench = Bench(.activePassive, paths: 2)
    let write = bench.submit(.write)
    bench.hold(0)
    bench.lose(0)
    #expect(bench.state(0) == .held)
    #expect(bench.paths(of: write) == [0, 1])
    #expect(bench.machine.table[bench.index(0)].service != .good)
  }

  @Test func `a path that is being removed gives its requests away when its connection ends`() {
    let bench = Bench(.activePassive, paths: 2)
    let write = bench.submit(.write)
    bench.remove(0)
    bench.lose(0)
    #expect(bench.paths(of: write) == [0, 1])
    #expect(bench.drained.isEmpty)
    bench.answer(write, on: 0, Errno.econnreset)
    #expect(bench.drained == [0])
  }

  @Test func `with the last connection gone requests wait, and go on with the first that is back`()
  {
    let bench = Bench(.activePassive, paths: 2)
    bench.lose(1)
    let write = bench.submit(.write)
    let read = bench.submit(.read, at: 8192)
    bench.lose(0)
    #expect(bench.paths(of: write) == [0])
    bench.answer(read, Errno.econnreset)
    #expect(bench.finished[read] == nil)
    bench.answer(write, Errno.econnreset)
    #expect(bench.machine.queuedCount == 2)
    bench.reopen(1)
    for _ in 0..<3 {
      bench.passToProbe(1)
      bench.answerProbe(1)
    }
    bench.answerIdentity(.same)
    #expect(bench.paths(of: write) == [1])
    #expect(bench.paths(of: read) == [1])
  }

  /// A path that was opened anew and lost again before it returned was never opened a third time.
  @Test(arguments: [true, false])
  func `a path lost again before its return is told of again`(isTold: Bool) {
    let bench = Bench(.activePassive, paths: 2)
    bench.lose(0)
    bench.reopen(0)
    bench.passToProbe(0)
    if isTold {
      bench.answerProbe(0)
      bench.lose(0)
      bench.lose(0)
    } else {
      bench.answerProbe(0, Errno.enodev)
    }
    #expect(losses(bench, of: 0) == 2)
    #expect(bench.state(0) == .lost)
    #expect(bench.machine.table[bench.index(0)].counters.failures == 1)
  }

  @Test func `an identity check through the old connection does not bring the path back`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.lose(0)
    bench.reopen(0)
    for _ in 0..<3 {
      bench.passToProbe(0)
      bench.answerProbe(0)
    }
    #expect(bench.identityChecks.count == 1)
    bench.lose(0)
    bench.answerIdentity(.same)
    #expect(bench.state(0) == .lost)
  }
}

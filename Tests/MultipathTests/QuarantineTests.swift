import BlockIO
import Multipath
import Testing

@Suite struct QuarantineTests {
  /// A bench on which everything that path 0 carries has just been given up, where it may be.
  private func stall(_ bench: Bench) {
    bench.elapse(.milliseconds(50))
    if bench.probes.contains(where: { $0.path == 1 }) { bench.answerProbe(1) }
    bench.elapse(.milliseconds(10))
  }

  private func bench(paths: Int = 2, stall: StallPolicy = StallPolicy()) -> Bench {
    Bench(.activePassive, paths: paths, stall: stall)
  }

  @Test func `a write is acknowledged by its retry while the first attempt is still out`() {
    let bench = bench()
    let slot = bench.submit(.write)
    stall(bench)
    bench.answer(slot, on: 1)
    #expect(bench.finished[slot] == .success)
    #expect(bench.machine.ghosts == 1)
    bench.answer(slot, on: 0, Errno.eio)
    #expect(bench.machine.ghosts == 0)
  }

  @Test(arguments: [BlockIO.Operation.write, .discard, .writeZeroes])
  func `a ghost holds what would change the same bytes, and nothing else`(
    operation: BlockIO.Operation
  ) {
    let bench = bench()
    let ghost = bench.submit(.write, at: 8192)
    stall(bench)
    bench.answer(ghost, on: 1)
    let held = bench.submit(operation, at: 4096, length: 8192)
    let before = bench.submit(operation, at: 4096)
    let after = bench.submit(operation, at: 12288)
    let read = bench.submit(.read, at: 8192)
    #expect(bench.paths(of: held).isEmpty)
    #expect([before, after, read].allSatisfy { bench.paths(of: $0) == [1] })
    #expect(bench.machine.heldCount == 1)
  }

  @Test func `the ghost's answer lets what it held go in order`() {
    let bench = bench()
    let ghost = bench.submit(.write)
    stall(bench)
    bench.answer(ghost, on: 1)
    let held = (0..<3).map { _ in bench.submit(.write) }
    #expect(bench.machine.heldCount == 3)
    bench.answer(ghost, on: 0)
    #expect(bench.attempts.map(\.slot) == held)
    #expect(bench.machine.heldCount == 0)
  }

  @Test func `what is held fails after its time`() {
    let bench = bench(stall: StallPolicy(holdTimeout: .milliseconds(300)))
    let ghost = bench.submit(.write)
    stall(bench)
    bench.answer(ghost, on: 1)
    let held = bench.submit(.write)
    bench.elapse(.milliseconds(299))
    #expect(bench.finished[held] == nil)
    bench.elapse(.milliseconds(1))
    #expect(bench.finished[held] == eio)
  }

  @Test func `a write is not given up while another one of the same bytes is under way`() {
    let bench = bench()
    let slots = [
      bench.submit(.write), bench.submit(.write, at: 2048), bench.submit(.write, at: 8192),
    ]
    stall(bench)
    #expect(slots.map { bench.paths(of: $0) } == [[0], [0], [0, 1]])
  }

  @Test func `strict never retries a write early, and reads all the same`() {
    let bench = bench(stall: StallPolicy(mode: .strict))
    let write = bench.submit(.write)
    let read = bench.submit(.read, at: 8192)
    stall(bench)
    #expect(bench.paths(of: write) == [0])
    #expect(bench.paths(of: read) == [0, 1])
    #expect(bench.state(0) == .fail)
  }

  @Test func `with the quarantine full a write waits for its attempt`() {
    let bench = bench(stall: StallPolicy(ghostsMax: 1))
    let first = bench.submit(.write)
    let second = bench.submit(.write, at: 8192)
    stall(bench)
    #expect(bench.paths(of: first) == [0, 1])
    #expect(bench.paths(of: second) == [0])
  }

  @Test func `in private caches writes and flushes wait, and reads go elsewhere`() {
    let bench = Bench(.activePassive, paths: 2, cacheDomain: .private)
    let write = bench.submit(.write)
    let read = bench.submit(.read, at: 8192)
    stall(bench)
    #expect(bench.paths(of: write) == [0])
    #expect(bench.paths(of: read) == [0, 1])
  }

  @Test func `the first answer to a read counts, and the other changes nothing`() throws {
    let bench = bench()
    let slot = bench.submit(.read)
    stall(bench)
    let late = try #require(bench.attempts.first)
    bench.answer(slot, on: 0)
    #expect(bench.finished[slot] == .success)
    #expect(bench.winners[slot] == late.token)
    bench.answer(slot, on: 1, Errno.eilseq)
    #expect(bench.machine.counters.errors == 0)
  }

  @Test func `a late success serves a write that no other path could`() {
    let bench = bench()
    let slot = bench.submit(.write)
    stall(bench)
    bench.answer(slot, on: 1, Errno.enodev)
    #expect(bench.machine.queuedCount == 1)
    bench.answer(slot, on: 0)
    #expect(bench.finished[slot] == .success)
    #expect(bench.machine.queuedCount == 0)
  }

  @Test func `a late success serves a waiting read, once`() {
    let bench = bench()
    let slot = bench.submit(.read)
    stall(bench)
    bench.answer(slot, on: 1, Errno.enodev)
    bench.answer(slot, on: 0)
    #expect(bench.finished[slot] == .success)
    #expect(bench.machine.queuedCount == 0)
  }

  @Test func `an error waits for what was given up: it may succeed after all`() {
    let bench = bench()
    let slot = bench.submit(.read)
    stall(bench)
    bench.answer(slot, on: 1, Errno.eio)
    #expect(bench.finished[slot] == nil)
    bench.answer(slot, on: 0, Errno.eio)
    #expect(bench.finished[slot] == eio)
  }

  @Test func `a request is owed a try on a path that is only silent`() {
    let bench = bench(paths: 3)
    let silent = bench.submit(.write)
    stall(bench)
    #expect(bench.paths(of: silent).count == 2)
    bench.hold(1)
    bench.restore(1)
    // It was offered path 0 no more, so its errors are the end of it.
    let slot = bench.submit(.read, at: 8192)
    bench.play([0: 0, 1: Errno.eio, 2: Errno.eio])
    #expect(bench.finished[slot] != nil)
  }

  @Test func `a flush covers what a ghost's retry wrote, without waiting for the ghost`() {
    let bench = bench()
    let write = bench.submit(.write)
    stall(bench)
    bench.answer(write, on: 1)
    let flush = bench.submit(.flush)
    #expect(bench.paths(of: flush) == [1])
    bench.answer(flush, on: 1)
    #expect(bench.finished[flush] == .success)
    #expect(bench.machine.ghosts == 1)
  }

  @Test func `what landed late on a path that is gone is flushed through another one`() {
    let bench = bench(paths: 3)
    // Nothing is owed from the time before.
    let first = bench.submit(.flush)
    bench.play([:])
    #expect(bench.finished[first] == .success)
    let write = bench.submit(.write)
    stall(bench)
    let retry = bench.paths(of: write)[1]
    bench.answer(write, on: 0)
    bench.remove(0)
    #expect(bench.drained == [0])
    bench.answer(write, on: retry, Errno.eio)
    #expect(bench.finished[write] == .success)
    let flush = bench.submit(.flush)
    #expect(!bench.paths(of: flush).isEmpty)
  }

  @Test func `a path with unresolved attempts does not return by probes`() {
    let bench = bench()
    let slot = bench.submit(.write)
    stall(bench)
    bench.answer(slot, on: 1)
    for _ in 0..<10 {
      bench.elapse(.milliseconds(100))
      if bench.probes.contains(where: { $0.path == 0 }) { bench.answerProbe(0) }
    }
    #expect(bench.state(0) == .probing && bench.identityChecks.isEmpty)
    bench.answer(slot, on: 0)
    bench.elapse(.milliseconds(100))
    bench.answerProbe(0)
    bench.answerIdentity(.same)
    #expect(bench.state(0) == .passive)
  }

  @Test func `nor by restore`() {
    let bench = bench()
    let slot = bench.submit(.write)
    stall(bench)
    bench.answer(slot, on: 1)
    bench.restore(0)
    #expect(bench.state(0) == .fail)
    bench.answer(slot, on: 0)
    bench.restore(0)
    #expect(bench.state(0) == .passive)
  }

  @Test func `nor by auto-restore`() {
    let bench = bench()
    let slot = bench.submit(.write)
    stall(bench)
    bench.answer(slot, on: 1)
    let other = bench.submit(.read, at: 8192)
    bench.answer(other, Errno.eio)
    #expect(bench.state(0) == .fail)
    #expect(!bench.restores.contains(0))
  }

  @Test func `the operator fails what is held`() {
    let bench = bench()
    let ghost = bench.submit(.write)
    stall(bench)
    bench.answer(ghost, on: 1)
    let held = bench.submit(.write)
    let count = bench.machine.failQueued(effects: &bench.effects)
    #expect(count == 1)
    bench.pass(.zero)
    #expect(bench.finished[held] == eio)
  }
}

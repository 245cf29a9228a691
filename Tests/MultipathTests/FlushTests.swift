import BlockIO
import Multipath
import Testing

@Suite struct FlushTests {
  /// A machine whose paths owe nothing: each has been flushed once since it was added.
  private func clean(_ mode: Mode, paths: Int, _ domain: CacheDomain) -> Bench {
    let bench = Bench(mode, paths: paths, cacheDomain: domain)
    let slot = bench.submit(.flush)
    bench.play([:])
    precondition(bench.finished[slot] == .success)
    return bench
  }

  @Test func `a flush with nothing to cover is done at once`() {
    let bench = clean(.activeActive, paths: 2, .private)
    let slot = bench.submit(.flush)
    #expect(bench.attempts.isEmpty)
    #expect(bench.finished[slot] == .success)
  }

  @Test(arguments: [CacheDomain.shared, .private])
  func `a flush goes to every path that was written through`(domain: CacheDomain) {
    let bench = clean(.activeActive, paths: 3, domain)
    #expect(bench.route(.write, count: 2) == [2, 1])
    let slot = bench.submit(.flush)
    #expect(bench.attempts.map(\.path).sorted() == [1, 2])
    bench.answer(slot, on: 1)
    #expect(bench.finished[slot] == nil)
    bench.answer(slot, on: 2)
    #expect(bench.finished[slot] == .success)
  }

  /// Its cache may be flushed yet, so nothing is lost; but nobody asks a held path, so nothing is safe either.
  @Test
  func
    `in a private domain flushes fail while a written path is held, and succeed when it is back`()
  {
    let bench = clean(.activePassive, paths: 2, .private)
    #expect(bench.route(.write, count: 1) == [0])
    bench.hold(0)
    for _ in 0..<2 {
      let slot = bench.submit(.flush)
      #expect(bench.finished[slot] == .failure(errno: Errno.eio))
    }
    bench.restore(0)
    let slot = bench.submit(.flush)
    #expect(bench.attempts.map(\.path) == [0])
    bench.answer(slot)
    #expect(bench.finished[slot] == .success)
  }

  @Test func `in a shared domain another path covers for a lost one`() {
    let bench = clean(.activePassive, paths: 2, .shared)
    #expect(bench.route(.write, count: 1) == [0])
    let slot = bench.submit(.flush)
    bench.answer(slot, on: 0, Errno.enodev)
    #expect(bench.attempts.map(\.path) == [1])
    bench.answer(slot)
    #expect(bench.finished[slot] == .success)
  }

  @Test func `private caches: the loss of a written path is told exactly once`() {
    let bench = clean(.activePassive, paths: 2, .private)
    #expect(bench.route(.write, count: 1) == [0])
    let read = bench.submit(.read)
    bench.play([0: Errno.enodev])
    #expect(bench.finished[read] == .success)
    let first = bench.submit(.flush)
    #expect(bench.finished[first] == eio)
    let second = bench.submit(.flush)
    #expect(bench.finished[second] == .success)
  }

  @Test func `private caches: a flush fails while a written path is held`() {
    let bench = clean(.activePassive, paths: 2, .private)
    #expect(bench.route(.write, count: 1) == [0])
    bench.hold(0)
    let first = bench.submit(.flush)
    #expect(bench.finished[first] == eio)
    bench.restore(0)
    let second = bench.submit(.flush)
    bench.play([:])
    #expect(bench.finished[second] == .success)
  }

  @Test func `a report that nobody heard is made again`() {
    let bench = clean(.activePassive, paths: 2, .private)
    #expect(bench.route(.write, count: 1) == [0])
    bench.remove(0)
    let first = bench.submit(.flush)
    #expect(bench.finished[first] == eio)
    bench.machine.answerUnheard(slot: first)
    let second = bench.submit(.flush)
    #expect(bench.finished[second] == eio)
    let third = bench.submit(.flush)
    #expect(bench.finished[third] == .success)
  }

  @Test func `a flush on a path that came back ends when its sibling has answered`() {
    let bench = clean(.activePassive, paths: 2, .shared)
    #expect(bench.route(.write, count: 1) == [0])
    let slot = bench.submit(.flush)
    bench.answer(slot, on: 0, Errno.eio)
    bench.restore(0)
    bench.answer(slot, on: 1)
    #expect(bench.attempts.isEmpty)
    #expect(bench.finished[slot] == .success)
  }

  @Test func `without any path a flush waits`() {
    let bench = clean(.activePassive, paths: 1, .shared)
    let write = bench.submit(.write)
    bench.remove(0)
    bench.answer(write)
    let slot = bench.submit(.flush)
    #expect(bench.finished[slot] == nil)
    bench.add()
    #expect(bench.attempts.map(\.slot) == [slot])
  }

  @Test(arguments: [CacheDomain.shared, .private])
  func `a write that ends after its path was removed stays owed`(domain: CacheDomain) {
    let bench = clean(.activePassive, paths: 2, domain)
    let write = bench.submit(.write)
    bench.remove(0)
    bench.answer(write)
    #expect(bench.drained == [0])
    let slot = bench.submit(.flush)
    switch domain {
    case .shared: #expect(bench.attempts.map(\.path) == [1])
    case .private: #expect(bench.finished[slot] == eio)
    }
  }

  @Test func `private caches: a write that ends on a path already lost is told of`() {
    let bench = clean(.activePassive, paths: 2, .private)
    let write = bench.submit(.write)
    let read = bench.submit(.read)
    bench.answer(read, Errno.enodev)
    bench.answer(read)
    bench.answer(write)
    bench.restore(0)
    let slot = bench.submit(.flush)
    #expect(bench.finished[slot] == eio)
  }
}

import BlockIO
import Multipath
import Testing

@Suite struct GroupTests {
  /// Paths 0 and 1 in the best group, 2 and 3 in the next.
  private func bench(_ mode: Mode, failback: Failback = .manual) -> Bench {
    let bench = Bench(mode, paths: 4, failback: failback)
    for path in [2, 3] {
      bench.machine.setPriority(
        1, of: PathIndex(UInt8(path)), at: bench.now, effects: &bench.effects)
    }
    bench.pass(.zero)
    return bench
  }

  @Test func `only the best group serves`() {
    let bench = bench(.activeActive)
    #expect(Set(bench.route(.read, count: 20)) == [0, 1])
  }

  @Test func `the next group takes over when the best one is gone`() {
    let bench = bench(.activeActive)
    bench.hold(0)
    #expect(Set(bench.route(.read, count: 20)) == [1])
    bench.hold(1)
    #expect(Set(bench.route(.read, count: 20)) == [2, 3])
  }

  @Test func `with manual failback the next group keeps the work`() {
    let bench = bench(.activeActive)
    bench.hold(0)
    bench.hold(1)
    bench.restore(0)
    bench.elapse(.seconds(1))
    #expect(Set(bench.route(.read, count: 20)) == [2, 3])
  }

  @Test func `failback returns to the best group once it has stayed`() {
    let bench = bench(.activeActive, failback: .after(.seconds(1)))
    bench.hold(0)
    bench.hold(1)
    bench.restore(0)
    bench.elapse(.milliseconds(999))
    #expect(bench.active != 0)
    bench.elapse(.milliseconds(1))
    #expect(bench.active == 0)
    #expect(Set(bench.route(.read, count: 20)) == [0])
  }

  @Test func `a retry leaves the group when it has tried all of it`() {
    let bench = bench(.activeActive)
    let slot = bench.submit(.read)
    bench.play([0: Errno.eio, 1: Errno.eio])
    #expect(bench.finished[slot] == .success)
  }

  @Test func `a preferred path becomes active again when it returns, if that is sticky`() {
    let bench = Bench(.activePassive, paths: 3, failback: .after(.milliseconds(100)))
    let isPreferred = bench.machine.prefer(
      PathIndex(1), sticky: true, at: bench.now, effects: &bench.effects)
    #expect(isPreferred && bench.active == 1)
    bench.hold(1)
    #expect(bench.active != 1)
    bench.restore(1)
    bench.elapse(.milliseconds(100))
    #expect(bench.active == 1)
  }

  /// Writes in a cache that only their path can flush came to the medium after newer ones by the next path.
  @Test func `with private caches failback waits until what was written is flushed`() {
    let bench = Bench(
      .activePassive, paths: 2, cacheDomain: .private, failback: .after(.milliseconds(10)))
    _ = bench.machine.prefer(PathIndex(1), sticky: true, at: bench.now, effects: &bench.effects)
    bench.hold(1)
    let write = bench.submit(.write)
    bench.restore(1)
    bench.elapse(.milliseconds(20))
    #expect(bench.active == 0)
    #expect(bench.activeOwesFlush)
    bench.answer(write)
    bench.elapse(.seconds(1))
    #expect(bench.active == 0)
    bench.submit(.flush)
    bench.play([:])
    #expect(!bench.activeOwesFlush)
    bench.elapse(.milliseconds(100))
    #expect(bench.active == 1)
  }

  @Test func `where nothing has been written nobody waits for a flush`() {
    let bench = Bench(
      .activePassive, paths: 2, cacheDomain: .private, failback: .after(.milliseconds(100)))
    _ = bench.machine.prefer(PathIndex(1), sticky: true, at: bench.now, effects: &bench.effects)
    bench.hold(1)
    bench.submit(.read)
    bench.restore(1)
    bench.elapse(.milliseconds(100))
    #expect(bench.active == 1)
  }

  @Test(arguments: [CacheDomain.shared, .private])
  func `a priority moves the work at once, with private caches after a flush`(
    _ domain: CacheDomain
  ) {
    let bench = Bench(.activePassive, paths: 2, cacheDomain: domain)
    #expect(bench.route(.write, count: 1) == [0])
    bench.machine.setPriority(1, of: PathIndex(0), at: bench.now, effects: &bench.effects)
    bench.elapse(.seconds(1))
    #expect(bench.active == (domain == .shared ? 1 : 0))
    bench.submit(.flush)
    bench.play([:])
    bench.elapse(.milliseconds(100))
    #expect(bench.active == 1)
    #expect(bench.machine.counters.failovers == 0)
  }

  @Test func `without sticky it does not`() {
    let bench = Bench(.activePassive, paths: 3, failback: .after(.milliseconds(100)))
    _ = bench.machine.prefer(PathIndex(1), sticky: false, at: bench.now, effects: &bench.effects)
    bench.hold(1)
    bench.restore(1)
    bench.elapse(.seconds(1))
    #expect(bench.active != 1)
  }

  @Test func `a path that cannot carry anything is not preferred`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.hold(1)
    let isPreferred = bench.machine.prefer(
      PathIndex(1), sticky: true, at: bench.now, effects: &bench.effects)
    #expect(!isPreferred && bench.active == 0)
  }

  @Test func `a path added beside others of a lower group counts at once`() {
    let bench = Bench(.activeActive, paths: 2)
    for path in [0, 1] {
      bench.machine.setPriority(
        1, of: PathIndex(UInt8(path)), at: bench.now, effects: &bench.effects)
    }
    bench.pass(.zero)
    bench.add()
    // The active path's group keeps the work until failback or an operator moves it.
    #expect(Set(bench.route(.read, count: 20)) == [0, 1])
  }

  @Test func `failback that is set later begins to count then`() {
    let bench = bench(.activeActive)
    bench.hold(0)
    bench.hold(1)
    bench.restore(0)
    bench.elapse(.seconds(5))
    bench.setFailback(.after(.seconds(1)))
    bench.elapse(.milliseconds(999))
    #expect(bench.active != 0)
    bench.elapse(.milliseconds(1))
    #expect(bench.active == 0)
  }

  @Test func `immediate failback that is set later acts at once`() {
    let bench = bench(.activeActive)
    bench.hold(0)
    bench.hold(1)
    bench.restore(0)
    bench.setFailback(.after(.zero))
    #expect(bench.active == 0)
  }

  @Test func `failback that is taken back does not happen any more`() {
    let bench = bench(.activeActive, failback: .after(.seconds(1)))
    bench.hold(0)
    bench.hold(1)
    bench.restore(0)
    bench.setFailback(.manual)
    bench.elapse(.seconds(5))
    #expect(bench.active != 0)
  }

  @Test func `only what a path does by itself counts as a failover`() {
    let bench = Bench(.activePassive, paths: 3, failback: .after(.zero))
    _ = bench.machine.prefer(PathIndex(1), sticky: true, at: bench.now, effects: &bench.effects)
    bench.machine.rotate(at: bench.now, effects: &bench.effects)
    bench.hold(bench.active ?? 0)
    bench.restore(0)
    bench.remove(bench.active ?? 0)
    #expect(bench.machine.counters.failovers == 0)
    let read = bench.submit(.read)
    bench.answer(read, Errno.eio)
    #expect(bench.machine.counters.failovers == 1)
    bench.lose(bench.active ?? 0)
    #expect(bench.machine.counters.failovers == 2)
  }
}

import BlockIO
import Multipath
import Testing

@Suite struct HedgeTests {
  /// A bench whose paths have answered 32 reads each within a millisecond.
  private func bench(
    percent: UInt32 = 100, burst: UInt32 = 32, cacheDomain: CacheDomain = .shared
  ) -> Bench {
    let bench = Bench(
      .activeActive, paths: 2, cacheDomain: cacheDomain,
      hedge: HedgePolicy(percent: percent, burst: burst))
    for _ in 0..<64 {
      let slot = bench.submit(.read)
      bench.elapse(.milliseconds(1))
      bench.answer(slot)
    }
    return bench
  }

  @Test func `a late read is asked of another path, with a buffer of its own`() {
    let bench = bench()
    let slot = bench.submit(.read)
    bench.elapse(.microseconds(900))
    #expect(bench.attempts.count == 1)
    bench.elapse(.milliseconds(1))
    #expect(bench.attempts.count == 2)
    #expect(Set(bench.paths(of: slot)) == [0, 1])
    #expect(bench.attempts.map(\.needsOwnBuffer) == [false, true])
    #expect(bench.machine.counters.hedges == 1)
  }

  @Test func `the first answer wins, and the second is only heard`() throws {
    let bench = bench()
    let slot = bench.submit(.read)
    bench.elapse(.milliseconds(2))
    let hedge = try #require(bench.attempts.last)
    bench.answer(slot, on: hedge.path)
    #expect(bench.finished[slot] == .success)
    #expect(bench.winners[slot] == hedge.token)
    bench.answer(slot, on: 1 - hedge.path)
    #expect(bench.attempts.isEmpty)
  }

  @Test func `writes are not hedged`() {
    let bench = bench()
    bench.submit(.write)
    bench.elapse(.milliseconds(2))
    #expect(bench.attempts.count == 1)
  }

  @Test func `credit bounds hedges: one for each hundred over the percentage`() {
    let bench = bench(percent: 10, burst: 1)
    for _ in 0..<19 {
      let slot = bench.submit(.read)
      bench.elapse(.milliseconds(3))
      bench.play([:])
      #expect(bench.finished[slot] == .success)
    }
    // One was saved up, and nineteen reads have earned another.
    #expect(bench.machine.counters.hedges == 2)
  }

  @Test func `nothing is hedged where a ghost may land`() throws {
    let bench = bench()
    let ghost = bench.submit(.write)
    let silent = try #require(bench.paths(of: ghost).first)
    bench.elapse(.milliseconds(50))
    bench.answerProbe(1 - silent)
    bench.elapse(.milliseconds(10))
    bench.answer(ghost, on: 1 - silent)
    #expect(bench.machine.ghosts == 1)
    bench.add()
    // The new path has no history yet, so only reads of the old one can be late.
    var hedged: [UInt64: Int] = [:]
    for offset in [UInt64(0), 65536] {
      var late = bench.submit(.read, at: offset)
      if bench.paths(of: late) != [1 - silent] {
        bench.answer(late)
        late = bench.submit(.read, at: offset)
      }
      #expect(bench.paths(of: late) == [1 - silent])
      bench.elapse(.milliseconds(2))
      hedged[offset] = bench.paths(of: late).count - 1
      for path in bench.paths(of: late) { bench.answer(late, on: path) }
    }
    #expect(hedged == [0: 0, 65536: 1])
  }

  @Test func `nothing is hedged while the sibling is late too`() {
    let bench = bench()
    let slots = (0..<2).map { _ in bench.submit(.read) }
    bench.elapse(.milliseconds(5))
    #expect(slots.map { bench.paths(of: $0).count } == [1, 1])
    #expect(bench.machine.counters.hedges == 0)
  }

  /// It was passed over for good, so that one pause of everything cost all reads in flight their hedge: with a
  /// hundredth of stalls on one path of a busy machine, p99.9 got 3 times better instead of 10.
  @Test func `a late read is hedged as soon as its sibling answers again`() {
    let bench = bench()
    let slots = (0..<2).map { _ in bench.submit(.read) }
    bench.elapse(.milliseconds(5))
    bench.answer(slots[0])
    bench.elapse(.milliseconds(3))
    #expect(bench.paths(of: slots[1]).count == 2)
    #expect(bench.machine.counters.hedges == 1)
  }

  @Test func `while nobody can take a late read it is looked at once per delay, not all the time`()
  {
    let bench = bench()
    for _ in 0..<2 { bench.submit(.read) }
    var looks = 0
    let end = bench.now + .milliseconds(40)
    while let deadline = bench.machine.nextDeadline, deadline < end {
      bench.passToDeadline()
      looks += 1
      if looks > 1_000 { break }
    }
    #expect(looks < 100)
    #expect(bench.machine.counters.hedges == 0)
  }

  @Test func `in private caches nothing is hedged, and no deadline says otherwise`() {
    let bench = bench(cacheDomain: .private)
    bench.submit(.read)
    bench.elapse(.milliseconds(5))
    #expect(bench.attempts.count == 1)
    #expect(bench.machine.nextDeadline.map { bench.now < $0 } == true)
  }

  @Test func `hedges stay within the group`() {
    let bench = bench()
    bench.machine.setPriority(1, of: PathIndex(1), at: bench.now, effects: &bench.effects)
    let slot = bench.submit(.read)
    bench.elapse(.milliseconds(5))
    #expect(bench.paths(of: slot) == [0])
  }

  @Test func `a hedge that found no memory gives its credit back`() throws {
    let bench = bench(percent: 1, burst: 1)
    for _ in 0..<36 { bench.answer(bench.submit(.read)) }
    bench.submit(.read)
    bench.elapse(.milliseconds(2))
    let hedge = bench.attempts.removeLast()
    bench.machine.attemptRefused(hedge.token, at: bench.now, effects: &bench.effects)
    #expect(bench.machine.counters.hedges == 0)
    bench.submit(.read)
    bench.elapse(.milliseconds(2))
    #expect(bench.machine.counters.hedges <= 1)
  }
}

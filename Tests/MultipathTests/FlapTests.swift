import BlockIO
import Multipath
import Testing

@Suite struct FlapTests {
  private func bench(
    flapFirst: Interval = .seconds(1), flapLongest: Interval = .seconds(3)
  ) -> Bench {
    Bench(
      .activePassive, paths: 2,
      probe: ProbeSchedule(
        first: .milliseconds(100), goodNeeded: 1, idle: .seconds(10_000),
        unused: .seconds(10_000), flapWindow: .seconds(30), flapFirst: flapFirst,
        flapLongest: flapLongest))
  }

  /// Fails path 0; answers with the milliseconds until it is looked at, when it has returned again.
  private func flap(_ bench: Bench) -> UInt64 {
    _ = bench.machine.prefer(PathIndex(0), sticky: false, at: bench.now, effects: &bench.effects)
    bench.submit(.write)
    bench.play([0: Errno.eio])
    let wait = bench.passToDeadline() ?? 0
    bench.answerProbe(0)
    bench.answerIdentity(.same)
    return wait
  }

  @Test func `a path that keeps failing stays out twice as long each time, up to a limit`() {
    let bench = bench()
    let waits = (0..<6).map { _ in flap(bench) }
    #expect(waits == [100, 100, 1_000, 2_000, 3_000, 3_000])
  }

  @Test func `what keeps a flapping path out can be told`() {
    let bench = bench()
    for _ in 0..<2 { _ = flap(bench) }
    #expect(bench.machine.table[PathIndex(0)].keptOutUntil == nil)
    _ = bench.machine.prefer(PathIndex(0), sticky: false, at: bench.now, effects: &bench.effects)
    bench.submit(.write)
    bench.play([0: Errno.eio])
    #expect(bench.machine.table[PathIndex(0)].keptOutUntil == bench.now + .seconds(1))
    #expect(bench.machine.table[PathIndex(0)].flaps == 2)
    bench.passToDeadline()
    // It is being probed, and its first wait is over.
    #expect(bench.machine.table[PathIndex(0)].keptOutUntil == nil)
    bench.answerProbe(0, Errno.eio)
    #expect(bench.machine.table[PathIndex(0)].keptOutUntil == nil)
  }

  /// Found by reading, when the first wait became a setting: the doubling went round at 64 bits.
  @Test func `many doublings of a long first wait stay at the limit`() {
    let bench = bench(flapFirst: Interval(nanoseconds: 1 << 36), flapLongest: .seconds(300))
    let waits = (0..<34).map { _ in flap(bench) }
    #expect(waits.dropFirst(5).allSatisfy { $0 == 300_000 })
  }

  @Test func `each window in which it stayed good takes one step back`() {
    let bench = bench()
    for _ in 0..<4 { _ = flap(bench) }
    bench.elapse(.seconds(65))
    #expect(flap(bench) == 100)
    #expect(flap(bench) == 1_000)
  }

  @Test func `a path that returned starts slowly while others can take the rest`() {
    let bench = Bench(
      .activeActive, paths: 2, requestsMax: 256, attemptsPerPathMax: 64,
      probe: ProbeSchedule(first: .milliseconds(10), goodNeeded: 1))
    bench.hold(0)
    bench.restore(0)
    for _ in 0..<40 { bench.submit(.read) }
    let outstanding = { bench.machine.table[PathIndex(0)].outstanding }
    #expect(outstanding() == 4)
    bench.now = bench.now + .milliseconds(200)
    for _ in 0..<40 { bench.submit(.read) }
    #expect(outstanding() == 16)
    bench.now = bench.now + .milliseconds(800)
    for _ in 0..<40 { bench.submit(.read) }
    #expect(outstanding() > 40)
  }
}

import BlockIO
import Multipath
import Testing

/// FreeBSD's suite for gmultipath at the level of the machine: what it asserts about states holds
/// here, with HELD for a FAIL that an operator asked for.
@Suite struct GmultipathTests {
  @Test func `an added path is passive and does not become active`() {
    let bench = Bench(.activePassive, paths: 2)
    #expect(bench.active == 0)
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "PASSIVE"])
    bench.add()
    #expect(bench.active == 0)
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "PASSIVE", "PASSIVE"])
  }

  @Test func `one path alone is degraded`() {
    #expect(Bench(.activePassive, paths: 1).states == ["DEGRADED", "ACTIVE"])
  }

  @Test func `active-active shows every path as active, newest first`() {
    let bench = Bench(.activeActive, paths: 2)
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "ACTIVE"])
    #expect((0..<2).map { bench.machine.table.ordered($0).rawValue } == [1, 0])
  }

  @Test func `active-read shows the others as readers`() {
    let bench = Bench(.activeRead, paths: 2)
    #expect(bench.active == 0)
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "READ"])
  }

  @Test func `an operator's fail moves the active path`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.hold(0)
    #expect(bench.active == 1)
    #expect(bench.states == ["DEGRADED", "HELD", "ACTIVE"])
  }

  @Test func `a restored path does not take the active place back`() {
    let bench = Bench(.activePassive, paths: 2)
    bench.hold(0)
    bench.restore(0)
    #expect(bench.states == ["OPTIMAL", "PASSIVE", "ACTIVE"])
  }

  @Test func `a write that fails on the active path succeeds on the other`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.write)
    bench.play([0: Errno.eio])
    #expect(bench.finished[slot] == .success)
    #expect(bench.states == ["DEGRADED", "FAIL", "ACTIVE"])
  }

  @Test func `when the last good path fails the failed one is tried again`() {
    let bench = Bench(.activePassive, paths: 2)
    let first = bench.submit(.write)
    bench.play([0: Errno.eio])
    #expect(bench.finished[first] == .success)
    let second = bench.submit(.write)
    bench.play([1: Errno.eio])
    #expect(bench.finished[second] == .success)
    #expect(bench.active == 0)
    #expect(bench.states == ["DEGRADED", "ACTIVE", "FAIL"])
  }

  @Test(arguments: Mode.allCases)
  func `two paths that always fail give one error and at most two restores`(mode: Mode) {
    let bench = Bench(mode, paths: 2)
    let slot = bench.submit(.write)
    bench.play([0: Errno.eio, 1: Errno.eio])
    #expect(bench.finished[slot] == eio)
    #expect(bench.restores.count <= 2)
    #expect(!bench.restores.isEmpty)
  }

  @Test func `three idle paths are used in exact rotation, the newest first`() {
    let bench = Bench(.activeActive, paths: 3)
    #expect(bench.route(.read, count: 7) == [2, 1, 0, 2, 1, 0, 2])
  }

  @Test func `active-read rotates reads and keeps writes on the active path`() {
    let bench = Bench(.activeRead, paths: 3)
    #expect(bench.route(.read, count: 7) == [2, 1, 0, 2, 1, 0, 2])
    #expect(bench.route(.write, count: 3) == [0, 0, 0])
  }

  @Test func `the path with the fewest outstanding attempts is chosen`() {
    let bench = Bench(.activeActive, paths: 3)
    let slots = (0..<3).map { _ in bench.submit(.read) }
    #expect(bench.attempts.map(\.path) == [2, 1, 0])
    bench.answer(slots[1])
    bench.submit(.read)
    #expect(bench.attempts.last?.path == 1)
  }

  @Test func `with many outstanding the spread is at most one`() {
    let bench = Bench(.activeActive, paths: 3)
    for _ in 0..<32 { bench.submit(.read) }
    let loads = (0..<3).map { path in bench.attempts.count { $0.path == path } }
    #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 1)
  }

  /// Better than FreeBSD, whose budget of attempts can end before a healthy path was tried.
  @Test(
    arguments: Mode.allCases,
    [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func `a healthy path marked FAIL is reached when all others break`(mode: Mode, order: [Int]) {
    // Paths are attached in this order; `broken` and `healthy` are places in the table.
    let bench = Bench(mode, paths: 3)
    guard let healthy = order.firstIndex(of: 1) else { return }
    var failing: [Int: Int32] = [healthy: Errno.eio]
    // Bring every mode to use the path once, so that it is marked FAIL.
    var rounds = 0
    while bench.state(healthy) != .fail && rounds < 8 {
      rounds += 1
      if bench.active != healthy, mode != .activeActive { rotate(bench, to: healthy) }
      bench.submit(.write)
      bench.play(failing)
    }
    #expect(bench.state(healthy) == .fail)
    failing = [:]
    for place in 0..<3 where place != healthy { failing[place] = Errno.eio }
    for operation in [BlockIO.Operation.write, .read] {
      let slot = bench.submit(operation)
      bench.play(failing)
      #expect(bench.finished[slot] == .success)
    }
  }

  /// Makes `path` the active one by holding all others for a moment.
  private func rotate(_ bench: Bench, to path: Int) {
    for other in 0..<3 where other != path { bench.hold(other) }
    for other in 0..<3 where other != path { bench.restore(other) }
  }
}

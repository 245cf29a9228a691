import BlockIO
import Multipath
import Testing

@Suite struct WaitingTests {
  @Test func `a request without a path fails when its time is over`() {
    let bench = Bench(.activePassive, paths: 1, noPathTimeout: .milliseconds(500))
    bench.hold(0)
    let slot = bench.submit(.write)
    bench.pass(.milliseconds(499))
    #expect(bench.finished[slot] == nil)
    bench.pass(.milliseconds(1))
    #expect(bench.finished[slot] == eio)
    #expect(bench.events.last == .queueingEnded)
  }

  @Test func `with no time to wait a request fails at once`() {
    let bench = Bench(.activePassive, paths: 1, noPathTimeout: .zero)
    bench.hold(0)
    let slot = bench.submit(.read)
    #expect(bench.finished[slot] == eio)
  }

  @Test func `a returning path takes up what waited, in order`() {
    let bench = Bench(.activePassive, paths: 1)
    bench.hold(0)
    let slots = (0..<3).map { _ in bench.submit(.write) }
    #expect(bench.machine.queuedCount == 3)
    bench.restore(0)
    #expect(bench.attempts.map(\.slot) == slots)
    #expect(bench.machine.queuedCount == 0)
  }

  @Test func `an added path takes up what waited`() {
    let bench = Bench(.activePassive, paths: 0)
    let slot = bench.submit(.write)
    bench.add()
    bench.answer(slot)
    #expect(bench.finished[slot] == .success)
  }

  @Test func `the operator fails what is queued`() {
    let bench = Bench(.activePassive, paths: 1)
    bench.hold(0)
    let slots = (0..<2).map { _ in bench.submit(.write) }
    let count = bench.machine.failQueued(effects: &bench.effects)
    bench.pass(.zero)
    #expect(count == 2)
    #expect(slots.allSatisfy { bench.finished[$0] == eio })
  }

  @Test func `a path carries no more than its share, and the rest waits in order`() {
    let bench = Bench(.activePassive, paths: 2, attemptsPerPathMax: 2)
    let slots = (0..<4).map { _ in bench.submit(.write) }
    #expect(bench.attempts.map(\.slot) == Array(slots[..<2]))
    #expect(bench.attempts.allSatisfy { $0.path == 0 })
    bench.answer(slots[0])
    #expect(bench.attempts.map(\.slot) == [slots[1], slots[2]])
    bench.answer(slots[1])
    #expect(bench.attempts.map(\.slot) == [slots[2], slots[3]])
  }

  @Test func `active-active goes elsewhere when a path is full`() {
    let bench = Bench(.activeActive, paths: 2, attemptsPerPathMax: 1)
    for _ in 0..<3 { bench.submit(.read) }
    #expect(bench.attempts.map(\.path) == [1, 0])
  }

  @Test func `what waited for room moves on when its path is held`() {
    let bench = Bench(.activePassive, paths: 2, attemptsPerPathMax: 1)
    let slots = (0..<2).map { _ in bench.submit(.write) }
    bench.hold(0)
    #expect(bench.attempts.map(\.path) == [0, 1])
    #expect(bench.attempts.last?.slot == slots[1])
  }
}

/// A client that has gone owns no right to write any more.
@Suite struct DisownedTests {
  /// The retry would overwrite what another client has written since the first one left.
  @Test func `a write whose client has gone is not tried on another path`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.write)
    #expect(bench.machine.cancelWaiting(slot: slot, effects: &bench.effects) == false)
    bench.answer(slot, Errno.eio)
    #expect(bench.attempts.isEmpty)
    #expect(bench.finished[slot] == .failure(errno: Errno.ecanceled))
    #expect(bench.states == ["DEGRADED", "FAIL", "ACTIVE"])
  }
}

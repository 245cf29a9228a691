import BlockIO
import Multipath
import Testing

@Suite struct ErrorTests {
  @Test(arguments: [Errno.enospc, Errno.erofs, Errno.eopnotsupp, Errno.eilseq, Errno.enodata])
  func `the target's verdict goes to the client and fails no path`(errno: Int32) {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.write)
    bench.answer(slot, errno)
    #expect(bench.finished[slot] == .failure(errno: errno))
    #expect(bench.attempts.isEmpty)
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "PASSIVE"])
  }

  @Test(arguments: [Errno.eio, Errno.etimedout])
  func `a doubtful error fails the path and is tried elsewhere`(errno: Int32) {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read)
    bench.answer(slot, errno)
    #expect(bench.attempts.map(\.path) == [1])
    #expect(bench.states == ["DEGRADED", "FAIL", "ACTIVE"])
  }

  @Test(arguments: [Errno.enodev, Errno.enotconn, Errno.epipe])
  func `lost paths make requests wait, not fail`(errno: Int32) {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.write)
    bench.play([0: errno, 1: errno])
    #expect(bench.finished[slot] == nil)
    #expect(bench.machine.queuedCount == 1)
    #expect(bench.states == ["FAILED", "LOST", "LOST"])
    bench.restore(1)
    #expect(bench.machine.queuedCount == 0)
    bench.answer(slot)
    #expect(bench.finished[slot] == .success)
  }

  /// The device was DEGRADED for as long as it took to probe and compare paths that had done nothing wrong.
  @Test func `a medium error is reported, and takes no path away`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read)
    bench.play([0: Errno.eio, 1: Errno.eio])
    #expect(bench.finished[slot] == eio)
    #expect(bench.events.contains { if case .mediumError = $0 { true } else { false } })
    #expect(bench.passToDeadline() == 0, "in the same turn")
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "PASSIVE"])
  }

  @Test func `a path that says EIO elsewhere too leaves soon after a medium error`() {
    let bench = Bench(.activePassive, paths: 3)
    bench.submit(.read)
    bench.play([0: Errno.eio, 1: Errno.eio, 2: Errno.eio])
    bench.passToDeadline()
    guard let path = bench.probes.first?.path else {
      Issue.record("no path was probed")
      return
    }
    // Two blocks in a row, since one may be bad as well.
    bench.answerProbe(path, Errno.eio)
    bench.answerProbe(path, Errno.eio)
    #expect(bench.state(path) == .fail || bench.state(path) == .probing)
    #expect(bench.states.first == "DEGRADED")
  }

  @Test func `a living path's word outlives a dead one's`() {
    let bench = Bench(.activePassive, paths: 2)
    let slot = bench.submit(.read)
    bench.play([0: Errno.enodev, 1: Errno.eio])
    #expect(bench.finished[slot] == eio)
  }

  @Test func `no path answers the same request twice`() {
    let bench = Bench(.activeActive, paths: 4)
    let slot = bench.submit(.write)
    var tried: [Int] = []
    while let attempt = bench.attempts.first {
      tried.append(attempt.path)
      bench.answer(slot, Errno.eio)
    }
    #expect(tried.sorted() == [0, 1, 2, 3])
    #expect(bench.finished[slot] == eio)
  }
}

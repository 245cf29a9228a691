import BlockIO
import Multipath
import Testing

/// A place of the medium that no path can read.
@Suite struct MediumFaultTests {
  private func mediumErrors(_ bench: Bench) -> Int {
    bench.events.count { if case .mediumError = $0 { true } else { false } }
  }

  /// A bench whose paths all answered EIO to a read of block 0, and have returned since.
  private func bench(paths: Int = 3) -> Bench {
    let bench = Bench(.activeActive, paths: paths)
    read(bench, at: 0, Errno.eio)
    for _ in 0..<10 where bench.states != ["OPTIMAL"] + Array(repeating: "ACTIVE", count: paths) {
      bench.passToDeadline()
      while let probe = bench.probes.first { bench.answerProbe(probe.path) }
      while !bench.identityChecks.isEmpty { bench.answerIdentity(.same) }
    }
    return bench
  }

  private func read(_ bench: Bench, at offset: UInt64, _ errno: Int32, length: UInt64 = 4096) {
    let slot = bench.submit(.read, at: offset, length: length)
    bench.play([0: errno, 1: errno, 2: errno])
    #expect(bench.finished[slot] == (errno == 0 ? .success : .failure(errno: errno)))
  }

  /// Each read of a bad block took all paths but one out of service, for as long as somebody went on reading.
  @Test func `a place that is known to be bad takes no path out again`() {
    let bench = bench()
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "ACTIVE", "ACTIVE"])
    #expect(mediumErrors(bench) == 1)
    let attempts = bench.machine.table[PathIndex(0)].counters.attempts
    for _ in 0..<20 { read(bench, at: 0, Errno.eio) }
    #expect(bench.states == ["OPTIMAL", "ACTIVE", "ACTIVE", "ACTIVE"])
    // Every path was asked each time all the same.
    #expect(bench.machine.table[PathIndex(0)].counters.attempts == attempts + 20)
    #expect(bench.machine.mediumFaults[0].count == 21)
    #expect(mediumErrors(bench) == 1, "an operator has been told")
    bench.pass(.seconds(10))
    read(bench, at: 0, Errno.eio)
    #expect(mediumErrors(bench) == 2)
  }

  @Test func `an error anywhere else is still the path's fault`() {
    let bench = bench()
    let slot = bench.submit(.read, at: 8192)
    guard let path = bench.paths(of: slot).first else { return }
    bench.answer(slot, Errno.eio)
    #expect(bench.state(path) == .probing || bench.state(path) == .fail)
    bench.play([:])
    #expect(bench.finished[slot] == .success)
  }

  @Test func `another error at the same place, or a write's, is the path's fault too`() {
    for (operation, errno) in [(BlockIO.Operation.read, Errno.etimedout), (.write, Errno.eio)] {
      let bench = bench()
      let slot = bench.submit(operation, at: 0)
      guard let path = bench.paths(of: slot).first else { return }
      bench.answer(slot, errno)
      #expect(bench.state(path) != .active)
      bench.play([:])
    }
  }

  @Test func `a lost path is lost, wherever it says so`() {
    let bench = bench()
    let slot = bench.submit(.read, at: 0)
    guard let path = bench.paths(of: slot).first else { return }
    bench.answer(slot, Errno.enodev)
    #expect(bench.state(path) == .lost)
    bench.play([:])
  }

  @Test func `what could be read, or was written, is not bad any more`() {
    let bench = Bench(.activeActive, paths: 2)
    read(bench, at: 0, Errno.eio, length: 16384)
    #expect(bench.machine.mediumFaults[0].range == ByteRange(offset: 0, length: 16384))
    read(bench, at: 0, 0)
    #expect(bench.machine.mediumFaults[0].range == ByteRange(offset: 4096, length: 12288))
    read(bench, at: 12288, 0, length: 8192)
    #expect(bench.machine.mediumFaults[0].range == ByteRange(offset: 4096, length: 8192))
    bench.answer(bench.submit(.write, at: 4096, length: 8192))
    #expect(bench.machine.mediumFaults.count == 0)
  }

  @Test func `the oldest is forgotten when there are too many`() {
    let bench = bench(paths: 2)
    for number in 0..<MediumFaults.capacity + 2 {
      read(bench, at: UInt64(number) * 65536, Errno.eio)
    }
    #expect(bench.machine.mediumFaults.count == MediumFaults.capacity)
    #expect(bench.machine.mediumFaults[0].range.offset == 2 * 65536)
  }
}

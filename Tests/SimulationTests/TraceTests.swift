import BlockIO
import Multipath
import Simulation
import Testing

/// Recorded scenarios, played from wherever the recording began: whatever the snapshot forgets shows as
/// another decision sooner or later.
@Suite struct TraceTests {
  /// A scenario recorded from somewhere in its middle.
  private static func trace(_ seed: UInt64) -> [UInt8] {
    let scenario = Scenario(seed: seed)
    let steps = scenario.run().steps
    return scenario.record(from: Int(seed &* 7919 % UInt64(max(1, steps)))).trace
  }

  private static var seeds: ClosedRange<UInt64> {
    #if DEBUG
      1...12
    #else
      1...1000
    #endif
  }

  @Test func aReplayFromAnyMomentDecidesAsTheMachineDid() throws {
    var inputs: UInt64 = 0
    for seed in Self.seeds {
      var replay = try TraceReplay(Self.trace(seed))
      try replay.run()
      let played = replay.inputs
      let difference = replay.difference
      let summary = replay.summary
      #expect(difference == nil, "seed \(seed)")
      #expect(
        summary == TraceSummary(ending: .asked, inputs: played, missing: 0), "seed \(seed)")
      inputs += played
    }
    #expect(inputs > 10_000, "the replays had something to compare")
  }

  @Test func recordingChangesNothing() {
    for seed in Self.seeds.prefix(4) {
      let scenario = Scenario(seed: seed)
      #expect(scenario.record(from: 10).result.digest == scenario.run().digest)
    }
  }

  @Test func aDifferenceIsReportedWhereItIs() throws {
    var forgery = Forgery(Self.short)
    forgery.changeLastDigest()
    var replay = try TraceReplay(forgery.bytes)
    try replay.run()
    let difference = replay.difference
    let inputs = replay.inputs
    #expect(difference?.input == inputs, "the last input's digest was changed")
    #expect(inputs > 10)
  }

  // MARK: Files that cannot be trusted

  /// What comes of playing `bytes`: nothing must trap, and only one that is whole may agree.
  private static func agrees(_ bytes: [UInt8]) -> Bool {
    do throws(TraceError) {
      var replay = try TraceReplay(bytes)
      try replay.run()
      return replay.difference == nil && replay.summary != nil
    } catch {
      #expect(!error.sentence.isEmpty)
      return false
    }
  }

  /// A short trace with requests, paths and an end.
  private static let short: [UInt8] = {
    var scenario = Scenario(seed: 3)
    scenario.requestCount = 5
    return scenario.record(from: 4).trace
  }()

  @Test func aTraceCutOffAnywhereIsFoundOut() {
    #expect(Self.agrees(Self.short))
    // Each byte of the beginning and of the end, and every few of the state between them.
    let count = Self.short.count
    let places = Array(0..<200) + Array(stride(from: 200, to: count - 400, by: 37))
    for length in places + Array(max(0, count - 400)..<count) {
      #expect(!Self.agrees(Array(Self.short.prefix(length))), "cut off after \(length) bytes")
    }
  }

  @Test func aChangedByteAnywhereIsFoundOut() {
    for position in stride(from: 0, to: Self.short.count, by: 11) {
      var bytes = Self.short
      bytes[position] ^= UInt8(1 << (position % 8))
      #expect(!Self.agrees(bytes), "byte \(position) was changed")
    }
  }

  /// Whoever makes up a trace can make up its checksums, too: what it says must still not bring the machine
  /// down, in its state or in its inputs.
  @Test func aMadeUpTraceCannotBringTheMachineDown() {
    var played = 0
    #if DEBUG
      let tries = 1500
    #else
      let tries = 40_000
    #endif
    var random = SplitMix(state: 11)
    let traces = (1...4).map { seed in
      var scenario = Scenario(seed: UInt64(seed))
      scenario.requestCount = 60
      return scenario.record(from: 30 + seed * 50).trace
    }
    for _ in 0..<tries {
      var forgery = Forgery(traces[random.below(traces.count)])
      for _ in 0...random.below(4) { forgery.change(&random) }
      do throws(TraceError) {
        var replay = try TraceReplay(forgery.bytes)
        played += 1
        try replay.run()
      } catch {
        #expect(!error.sentence.isEmpty)
      }
    }
    #expect(played > tries / 20, "\(played) of \(tries) states were not refused at once")
  }
}

/// A trace whose content is changed and whose checksums are right.
private struct Forgery {
  private var blocks: [(kind: UInt8, content: [UInt8])] = []

  init(_ trace: [UInt8]) {
    var position = 8
    while position < trace.count {
      let length = (0..<4).reduce(0) { $0 | Int(trace[position + 1 + $1]) << (8 * $1) }
      let start = position + 5
      blocks.append((trace[position], Array(trace[start..<start + length])))
      position = start + length + 8
    }
  }

  /// Each input ends with 32 bits of what came of it, so the last ones of its block belong to the last input.
  mutating func changeLastDigest() {
    guard let block = blocks.lastIndex(where: { $0.kind == 3 }) else { return }
    blocks[block].content[blocks[block].content.count - 1] ^= 1
  }

  /// Changes a byte of the state or of the inputs: a bit, a small step, or to an extreme.
  mutating func change(_ random: inout SplitMix) {
    let candidates = blocks.indices.filter { [2, 3].contains(blocks[$0].kind) }
    let block = random.below(2) == 0 ? candidates[0] : candidates[random.below(candidates.count)]
    guard !blocks[block].content.isEmpty else { return }
    let place = random.below(blocks[block].content.count)
    switch random.below(4) {
    case 0: blocks[block].content[place] ^= UInt8(1 << random.below(8))
    case 1: blocks[block].content[place] &+= 1
    case 2: blocks[block].content[place] = [0, 1, 0x7f, 0xff][random.below(4)]
    default: blocks[block].content[place] = UInt8(truncatingIfNeeded: random.next())
    }
  }

  var bytes: [UInt8] {
    var bytes = Array("mptrace1".utf8)
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for block in blocks {
      var written = [block.kind]
      for shift in stride(from: 0, to: 32, by: 8) {
        written.append(UInt8(truncatingIfNeeded: block.content.count >> shift))
      }
      written += block.content
      for byte in written { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        written.append(UInt8(truncatingIfNeeded: sum >> shift))
      }
      bytes += written
    }
    return bytes
  }
}

private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

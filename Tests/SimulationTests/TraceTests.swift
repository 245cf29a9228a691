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
}

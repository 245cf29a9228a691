import Simulation
import Testing

/// The checkers are checked: a machine broken on purpose must be found out within so many seeds.
@Suite struct DefectTests {
  @Test func `forgetting which paths were tried is found within 20 seeds`() {
    #expect(rulesBroken(by: .forgetsTriedPaths, seeds: 1...20).contains(.triesEachPathOnce))
  }

  @Test func `forgetting unflushed writes is found within 20 seeds`() {
    #expect(rulesBroken(by: .forgetsUnflushedWrites, seeds: 1...20).contains(.flushCovers))
  }

  private func rulesBroken(by defect: Defect, seeds: ClosedRange<UInt64>) -> Set<Violation.Rule> {
    Set(seeds.compactMap { Scenario(seed: $0).run(defect: defect).violation?.rule })
  }
}

import Simulation
import Testing

/// The checkers are checked: a machine broken on purpose must be found out within so many seeds, and
/// by the checker that is there for it.
@Suite struct DefectTests {
  struct Case: CustomTestStringConvertible {
    let defect: Defect
    let seeds: ClosedRange<UInt64>
    /// Any of these has to speak.
    let rules: Set<Violation.Rule>

    var testDescription: String { "\(defect.rawValue) within \(seeds.count) seeds" }
  }

  static let cases = [
    Case(defect: .forgetsTriedPaths, seeds: 1...10, rules: [.triesEachPathOnce]),
    Case(defect: .forgetsUnflushedWrites, seeds: 1...10, rules: [.flushCovers]),
    Case(defect: .ignoresGhosts, seeds: 14...33, rules: [.neverOverwrittenByOlder]),
    Case(
      defect: .ignoresGenerations, seeds: 1...10,
      rules: [.countersMatch, .answeredOnce, .readsWhatWasWritten]),
    Case(defect: .sharesReadBuffers, seeds: 220...239, rules: [.buffersAreOwn]),
    Case(defect: .skipsIdentity, seeds: 12...31, rules: [.issuesOnlyToUsable]),
    Case(defect: .ignoresQuietTime, seeds: 2...21, rules: [.neverOverwrittenByOlder]),
    Case(defect: .ignoresFences, seeds: 1...10, rules: [.fenceComesFirst]),
  ]

  @Test(arguments: cases)
  func `a machine broken on purpose is found out`(example: Case) {
    var broken: Set<Violation.Rule> = []
    for seed in example.seeds {
      let result = Scenario(seed: seed).run(defect: example.defect)
      if let rule = result.violation?.rule { broken.insert(rule) }
      if !broken.isDisjoint(with: example.rules) { return }
    }
    Issue.record("only \(broken.map(\.rawValue)) were found broken")
  }

  @Test func `every way to break the machine has its test`() {
    let tested = Set(Self.cases.map(\.defect))
    #expect(tested == Set(Defect.allCases).subtracting([.none]))
  }

  @Test func `a violating scenario is reduced to a smaller one that violates as well`() throws {
    let seed = try #require(
      (UInt64(14)...33).first {
        Scenario(seed: $0).run(defect: .ignoresGhosts).violation != nil
      })
    var minimiser = Minimiser(Scenario(seed: seed))
    let isViolated = minimiser.run(defect: .ignoresGhosts)
    #expect(isViolated)
    let small = minimiser.scenario.cut(by: minimiser.cut)
    #expect(small.run(defect: .ignoresGhosts).violation != nil)
    #expect(small.requestCount < minimiser.scenario.requestCount)
    #expect(minimiser.cut.options.contains("--requests"))
  }

  @Test func `a scenario that keeps its promises is not reduced`() {
    var minimiser = Minimiser(Scenario(seed: 1))
    let isViolated = minimiser.run()
    #expect(!isViolated && minimiser.tries == 1)
  }
}

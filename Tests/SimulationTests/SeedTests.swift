import Simulation
import Testing

@Suite struct SeedTests {
  /// A debug build plays a few in the time in which a release build plays hundreds.
  #if DEBUG
    private static let played = 2
    private static let regressionStride = 4
  #else
    private static let played = 100
    private static let regressionStride = 1
  #endif

  @Test(arguments: 0..<4)
  func `the first seeds keep every promise`(part: Int) {
    for seed in part * Self.played..<(part + 1) * Self.played { expectKept(UInt64(seed + 1)) }
  }

  @Test func `seeds that nobody has played before keep every promise`() {
    let first = UInt64.random(in: 1_000_000_000...999_000_000_000)
    let seeds = first..<first + UInt64(Self.played)
    print("random seeds \(seeds)")
    for seed in seeds { expectKept(seed) }
  }

  @Test(arguments: Array(stride(from: 0, to: RegressionSeeds.all.count, by: regressionStride)))
  func `a seed that failed once stays good`(number: Int) {
    expectKept(RegressionSeeds.all[number].seed, isLocal: true)
  }

  @Test(arguments: RegressionSeeds.network.indices)
  func `a seed with network paths that failed once stays good`(number: Int) {
    let seed = RegressionSeeds.network[number].seed
    #expect(Scenario(seed: seed).network != nil)
    expectKept(seed)
  }

  @Test func `each regression seed is listed once, with its sentence`() {
    for list in [RegressionSeeds.all, RegressionSeeds.network] {
      let seeds = list.map(\.seed)
      #expect(Set(seeds).count == seeds.count)
      #expect(list.allSatisfy { $0.wrong.count > 20 })
    }
  }

  @Test(arguments: [1, 42, 369])
  func `a seed gives the same digest each time`(seed: UInt64) {
    let first = Scenario(seed: seed).run()
    let second = Scenario(seed: seed).run(isVerbose: true)
    #expect(first.digest == second.digest)
    #expect(!second.log.isEmpty && first.log.isEmpty)
    #expect(first.digest != Scenario(seed: seed + 1).run().digest)
  }

  private func expectKept(_ seed: UInt64, isLocal: Bool = false) {
    let scenario = isLocal ? Scenario(seed: seed).withoutNetwork : Scenario(seed: seed)
    let result = scenario.run()
    let cut = isLocal ? " --without connection-ends,fences" : ""
    #expect(result.violation == nil, "\(result.summary); mpsim replay \(seed)\(cut) --verbose")
  }
}

import Simulation
import Synchronization

/// The seeds that are still to be played, and what has come out so far; shared by all threads.
final class SeedPool: Sendable {
  /// Not `UInt64.max`: `Atomic.min` was seen to compare 64-bit unsigned numbers as signed ones.
  private static let none = UInt64(Int64.max)

  private let last: UInt64
  private let deadline: ContinuousClock.Instant?
  private let defect: Defect
  private let isVerbose: Bool
  private let next: Atomic<UInt64>
  private let scenarios = Atomic<Int>(0)
  private let requests = Atomic<Int>(0)
  private let digests = Atomic<UInt64>(0)
  private let violating = Atomic<UInt64>(none)

  init(seeds: ClosedRange<UInt64>, seconds: Int64?, defect: Defect, isVerbose: Bool) {
    last = seeds.upperBound
    next = Atomic(seeds.lowerBound)
    deadline = seconds.map { ContinuousClock.now + .seconds($0) }
    self.defect = defect
    self.isVerbose = isVerbose
  }

  var totals: (scenarios: Int, requests: Int) {
    (scenarios.load(ordering: .relaxed), requests.load(ordering: .relaxed))
  }

  /// One number for all that was played, in whatever order: the sum of the seeds' digests. Two builds with the
  /// same one for a range have decided alike throughout.
  var digest: UInt64 { digests.load(ordering: .relaxed) }

  /// The lowest seed that broke a promise, among those that were played.
  var violatingSeed: UInt64? {
    let seed = violating.load(ordering: .relaxed)
    return seed == Self.none ? nil : seed
  }

  /// Where the first seed that nobody has begun is; for a line of progress.
  var reached: UInt64 { min(last, next.load(ordering: .relaxed)) }

  /// Plays seeds until there are none, time is up, somebody interrupts, or some thread has found a violation.
  func work() {
    while violatingSeed == nil, !Interruption.isWanted {
      if let deadline, ContinuousClock.now >= deadline { return }
      let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard seed <= last else { return }
      if isVerbose { print("seed \(seed) begins") }
      TrapReport.enter(seed)
      let result = Scenario(seed: seed).run(defect: defect)
      scenarios.add(1, ordering: .relaxed)
      requests.add(result.requests, ordering: .relaxed)
      digests.wrappingAdd(result.digest, ordering: .relaxed)
      if isVerbose { print(result.summary) }
      if result.violation != nil { violating.min(seed, ordering: .relaxed) }
    }
  }
}

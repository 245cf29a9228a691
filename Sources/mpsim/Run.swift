import ArgumentParser
import Simulation

/// Plays many seeds on several threads and stops at the first broken promise.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a range of seeds until one breaks a promise.")

  @Option(help: "The seeds to play: A..B, both included.")
  var seeds: SeedRange?

  @Option(help: "Play this many seeds from a random one on, which is printed.")
  var random: UInt64?

  @Option(help: "Stop after this many minutes.")
  var minutes: Int?

  @Option(help: "Threads that play at once.")
  var jobs = 2

  @OptionGroup var defect: DefectOption

  @Flag(help: "Print each seed before and after it is played.")
  var verbose = false

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs is 1 to 256.") }
    if (seeds == nil) == (random == nil) {
      throw ValidationError("Either --seeds or --random is needed.")
    }
    if random == 0 { throw ValidationError("--random is at least 1.") }
    if let minutes, minutes < 1 { throw ValidationError("--minutes is at least 1.") }
  }

  func run() throws {
    let seconds = minutes.map { Int64($0) * 60 }
    let range = chosenSeeds
    print("seeds \(range.lowerBound)..\(range.upperBound)")
    TrapReport.install()
    Interruption.install()
    let pool = SeedPool(seeds: range, seconds: seconds, defect: defect.defect, isVerbose: verbose)
    let started = ContinuousClock.now
    WorkerThreads.run(
      count: jobs, beside: { isOver in Progress.show(pool, until: isOver) }, { pool.work() })
    let took = ContinuousClock.now - started
    let (scenarios, requests) = pool.totals
    let cut = Interruption.isWanted ? ", interrupted" : ""
    print("\(scenarios) scenarios, \(requests) requests in \(took)\(cut)")
    print("digest \(String(pool.digest, radix: 16))")
    guard let seed = pool.violatingSeed else {
      if Interruption.isWanted { throw ExitCode(130) }
      return
    }
    print(Scenario(seed: seed))
    print(Scenario(seed: seed).run(defect: defect.defect).summary)
    print("mpsim replay \(seed) --verbose\(defect.option)")
    throw ExitCode(1)
  }

  private var chosenSeeds: ClosedRange<UInt64> {
    if let seeds { return seeds.seeds }
    // Far from the ranges that are played by hand, and short enough to be typed.
    let first = UInt64.random(in: 1_000_000_000...999_000_000_000)
    return first...first + (random ?? 1) - 1
  }
}

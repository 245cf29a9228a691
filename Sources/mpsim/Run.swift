import ArgumentParser
import Simulation

/// Plays many seeds on several threads and stops at the first broken promise.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a range of seeds until one breaks a promise.")

  @Option(help: "The seeds to play: A..B, both included.")
  var seeds: SeedRange

  @Option(help: "Stop after this many minutes.")
  var minutes: Int?

  @Option(help: "Threads that play at once.")
  var jobs = 2

  @Flag(help: "Print each seed before and after it is played.")
  var verbose = false

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs is 1 to 256.") }
    if let minutes, minutes < 1 { throw ValidationError("--minutes is at least 1.") }
  }

  func run() throws {
    let seconds = minutes.map { Int64($0) * 60 }
    let pool = SeedPool(seeds: seeds.seeds, seconds: seconds, isVerbose: verbose)
    let started = ContinuousClock.now
    WorkerThreads.run(count: jobs) { pool.work() }
    let took = ContinuousClock.now - started
    let (scenarios, requests) = pool.totals
    print("\(scenarios) scenarios, \(requests) requests in \(took)")
    guard let seed = pool.violatingSeed else { return }
    print(Scenario(seed: seed))
    print(Scenario(seed: seed).run().summary)
    print("mpsim replay \(seed) --verbose")
    throw ExitCode(1)
  }
}

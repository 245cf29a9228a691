import ArgumentParser
import Simulation

/// Plays one seed and says what happened.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play one seed again; the digest is the same each time.")

  @Argument(help: "The seed to play.")
  var seed: UInt64

  @OptionGroup var cutOptions: CutOptions

  @OptionGroup var defect: DefectOption

  @Flag(help: "Print every event.")
  var verbose = false

  func run() throws {
    TrapReport.install()
    TrapReport.enter(seed)
    let scenario = Scenario(seed: seed).cut(by: cutOptions.cut)
    print(scenario)
    let result = scenario.run(defect: defect.defect, isVerbose: verbose)
    for line in result.log { print(line) }
    print(result.summary)
    print("digest \(String(result.digest, radix: 16))")
    if result.violation != nil { throw ExitCode(1) }
  }
}

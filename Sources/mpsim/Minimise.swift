import ArgumentParser
import Simulation

/// Looks for the smallest scenario in which a seed still breaks a promise.
struct Minimise: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Leave out of a violating seed whatever can be spared.")

  @Argument(help: "The seed to reduce.")
  var seed: UInt64

  @OptionGroup var defect: DefectOption

  func run() throws {
    TrapReport.install()
    TrapReport.enter(seed)
    var minimiser = Minimiser(Scenario(seed: seed))
    guard minimiser.run(defect: defect.defect) else {
      print("seed \(seed) keeps every promise")
      return
    }
    let scenario = minimiser.scenario.cut(by: minimiser.cut)
    print(scenario)
    print(scenario.run(defect: defect.defect).summary)
    print("found by \(minimiser.tries) plays")
    print("mpsim replay \(seed) --verbose \(minimiser.cut.options)\(defect.option)")
    throw ExitCode(1)
  }
}

import ArgumentParser
import Simulation

/// Plays one seed, or the trace of a live device, and says what happened.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play one seed or one trace again; the digest is the same each time.",
    discussion: """
      A number is a seed. Anything else is a file that 'mpctl trace' has recorded of a live device: \
      the decision machine is put into the state in which the recording began and told the same at \
      the same instants. It must decide the same; where it does not, the exit status is 1 and the \
      first difference is named. --verbose prints each input with what was decided.
      """)

  @Argument(help: "The seed to play, or the trace's file.")
  var what: String

  @OptionGroup var cutOptions: CutOptions

  @OptionGroup var defect: DefectOption

  @Flag(help: "Print every event.")
  var verbose = false

  func validate() throws {
    guard seed == nil else { return }
    if cutOptions.cut != ScenarioCut() || defect.defect != .none {
      throw ValidationError("Only a seed can be cut or broken; '\(what)' is none.")
    }
  }

  private var seed: UInt64? { UInt64(what) }

  func run() throws {
    TrapReport.install()
    guard let seed else { return try TracePlayer.play(file: what, isVerbose: verbose) }
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

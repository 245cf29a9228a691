internal import ArgumentParser
internal import Control

/// `mpctl explain`.
struct Explain: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain why paths were left and which requests were slow.",
    discussion: """
      First come the thresholds by which each path is judged now: how long it may be silent, what \
      its slowest answers usually take, and what selectors go by. Then, oldest first, what the \
      device remembers of its last 64 decisions: a path that answered with an error, one that did \
      not answer while a sibling did, and requests that took ten times what their path's slowest \
      usually take; each with its reason and with the other paths as they were at that moment.

      EXAMPLES
        mpctl explain data --last 3
        mpctl explain data --json
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("Only the newest so many decisions.", valueName: "count"))
  var last: Int?

  @Flag(name: .long, help: "Print the same facts as JSON.")
  var json = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func validate() throws {
    if let last, last < 0 { throw ValidationError("--last takes 0 or more") }
  }

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let result = try session.ask(
      ExplainMethod.self, ExplainMethod.Params(name: Operands.device(name), last: last))
    Terminal.write(
      json ? try Operands.json(result) : ExplainText.render(result, Terminal.context))
    return .done
  }
}

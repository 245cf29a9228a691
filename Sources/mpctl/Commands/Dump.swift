internal import ArgumentParser
internal import Control

/// `mpctl dump`.
struct Dump: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the labels of media.",
    discussion: """
      The last sector of each medium is read, also of one that is in use, and what it says is \
      printed: the label, or why there is none that can be used. The exit status is 1 if a medium \
      has none.

      EXAMPLE
        mpctl dump /dev/sdb /dev/sdc
      """)

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The media.", completion: .file())
  var path: [String]

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = PathList(paths: try Operands.absolute(path))
    try CommandFailure.catching(params.check)
    let result = try session.ask(DumpMethod.self, params, withinSeconds: Session.openingSeconds)
    Terminal.write(json ? try Operands.json(result) : MediumText.render(result.media))
    return result.media.allSatisfy { $0.problem == nil } ? .done : .refused
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl clear`.
struct Clear: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Wipe the labels of media that no device uses.",
    discussion: """
      The last sector of each medium is overwritten with zeroes if a label is there, be it damaged \
      or of another version. A medium without one, and one that is in use, is refused; the others \
      are cleared all the same, and the exit status is 1.

      EXAMPLE
        mpctl destroy data
        mpctl clear /dev/sdb
      """)

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The media; one path to each is enough.", completion: .file())
  var path: [String]

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = PathList(paths: try Operands.absolute(path))
    try CommandFailure.catching(params.check)
    let result = try session.ask(ClearMethod.self, params, withinSeconds: Session.openingSeconds)
    for refused in result.refused {
      Terminal.complain(refused.reason, hint: refused.hint)
    }
    guard result.refused.isEmpty else { return .refused }
    verbose.reportDone()
    return .done
  }
}

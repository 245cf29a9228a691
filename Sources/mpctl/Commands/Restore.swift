internal import ArgumentParser
internal import Control

/// `mpctl restore`.
struct Restore: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a held or failed path back into service.",
    discussion: """
      The daemon checks the path first, and leaves it out of service when it would not accept it \
      as a new one. Restoring a path that is in service changes nothing and succeeds.

      EXAMPLE
        mpctl restore data loop1
      """)

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  @Argument(help: "The path to restore, such as loop1 or /dev/loop1.")
  var path: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let selection = try Operands.selection(name: name, path: path)
    try session.change(RestoreMethod.self, selection, withinSeconds: Session.openingSeconds)
    verbose.reportDone()
    return .done
  }
}

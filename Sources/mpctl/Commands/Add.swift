internal import ArgumentParser
internal import Control

/// `mpctl add`.
struct Add: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Attach one more path to a device.",
    discussion: """
      The path must have the device's size and block size, and must reach the same bytes. It is \
      used at once, while clients go on working. In an active/passive device it waits for the \
      active path to fail.

      EXAMPLE
        mpctl add data /dev/loop3
      """)

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  @Argument(help: "The path to attach.", completion: .file())
  var path: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    for path in try Operands.absolute([path]) {
      try session.change(
        AddMethod.self, AddMethod.Params(name: Operands.device(name), path: path),
        withinSeconds: Session.openingSeconds)
    }
    verbose.reportDone()
    return .done
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl destroy`.
struct Destroy: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "End a device and its export.",
    discussion: """
      Clients are disconnected, the paths are closed, and the daemon forgets the device. The \
      bytes on the paths stay as they are: 'mpctl create' with the same paths gives the same \
      content.

      EXAMPLE
        mpctl destroy data
      """)

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    try session.change(DestroyMethod.self, DestroyMethod.Params(name: name))
    verbose.reportDone()
    return .done
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl rotate`.
struct Rotate: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the next usable path the active one.",
    discussion: """
      The order is gmultipath's: from the newest path to the oldest, then from the beginning. \
      Without another usable path nothing changes, and the command succeeds. \
      With caches of their own (mpctl explain NAME), the active path is left only after a flush, as \
      by 'mpctl prefer'.

      EXAMPLE
        mpctl rotate data && mpctl getactive data
      """)

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    try session.change(RotateMethod.self, OneDevice(name: Operands.device(name)))
    verbose.reportDone()
    return .done
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl stop`.
struct Stop: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "End a device and its export for now.",
    discussion: """
      As 'mpctl destroy', but nothing is forgotten: the device is back when mpathd starts anew. \
      'mpctl create' makes it at once, also from other paths; one with a label comes back by \
      'mpctl rescan'.

      EXAMPLE
        mpctl stop data
      """)

  @OptionGroup var ending: EndingOptions
  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = DeviceEnding(name: Operands.device(name), force: ending.force)
    try session.change(StopMethod.self, params, withinSeconds: Session.openingSeconds)
    verbose.reportDone()
    return .done
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl getactive`.
struct GetActive: ControlCommand {
  static let configuration = CommandConfiguration(
    commandName: "getactive",
    abstract: "Print the active path.",
    discussion: """
      In active/active these are all usable paths, on one line, the newest first; in the other \
      modes it is one. Without any the line is 'none'.

      EXAMPLE
        mpctl getactive data
      """)

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let selection = DeviceSelection(name: Operands.device(name))
    let report = try session.ask(StatusMethod.self, selection)
    for device in report.devices { Terminal.write(ActivePathsText.render(device)) }
    verbose.reportDone()
    return .done
  }
}

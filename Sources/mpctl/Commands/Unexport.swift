internal import ArgumentParser
internal import Control

/// `mpctl unexport`.
struct Unexport: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a device at an added address no longer.",
    discussion: """
      Clients that came that way are answered what they have asked, then disconnected. The device's own \
      socket stays.

      EXAMPLES
        mpctl unexport data --listen 192.0.2.1:10809
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("As 'mpctl status' shows it.", valueName: "address:port|unix:/file"))
  var listen: String

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = UnexportMethod.Params(name: Operands.device(name), listen: listen)
    try session.change(UnexportMethod.self, params, withinSeconds: Session.openingSeconds)
    verbose.reportDone()
    return .done
  }
}

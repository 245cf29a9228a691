internal import ArgumentParser
internal import Control

/// `mpctl configure`.
struct Configure: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the mode of a device while it is in use.",
    discussion: """
      The next request goes by the new mode. Of several flags -P wins over -R, and -R over -A; \
      without any the mode stays. 'mpctl set NAME mode=MODE' does the same, and more besides.

      EXAMPLE
        mpctl configure -A data
      """)

  @Flag(name: .customShort("A"), help: "Active/active: use all paths for everything.")
  var activeActive = false

  @Flag(name: .customShort("P"), help: "Active/passive: one path carries everything.")
  var activePassive = false

  @Flag(
    name: .customShort("R"),
    help: "Active/read: read through all paths, write through one.")
  var activeRead = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let device = Operands.device(name)
    if activeActive || activePassive || activeRead {
      let mode =
        activePassive
        ? DeviceMode.activePassive : DeviceMode(activeActive: activeActive, activeRead: activeRead)
      try session.change(
        SetMethod.self, SetMethod.Params(name: device, settings: ["mode": mode.rawValue]))
    } else {
      // Nothing to change; a device that does not exist is a mistake all the same.
      _ = try session.ask(StatusMethod.self, DeviceSelection(name: device))
    }
    verbose.reportDone()
    return .done
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl set`.
struct SetCommand: ControlCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Change settings of a device while it is in use, or show them.",
    discussion: """
      All of the settings given are taken over, or none. They are in force when the command returns, \
      and outlive a restart of the daemon. Without any KEY=VALUE the settings of the device are \
      printed, in the form in which they can be given.

      SETTINGS
      \(SettingsText.help)

      EXAMPLES
        Send each request to the path that will answer first:
          mpctl set data mode=active-active selector=latency

        Be more patient with a medium that sleeps:
          mpctl set data stall-floor=2000

        Use loop2 only while no other path is usable:
          mpctl set data priority.loop2=10 failback=immediate
      """)

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  @Argument(help: ArgumentHelp("What to change.", valueName: "key=value"))
  var settings: [String] = []

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    if settings.isEmpty {
      let report = try session.ask(StatusMethod.self, DeviceSelection(name: Operands.device(name)))
      for device in report.devices { Terminal.write(SettingsText.render(device)) }
      return .done
    }
    let wanted = try Operands.settings(settings)
    try session.change(
      SetMethod.self, SetMethod.Params(name: Operands.device(name), settings: wanted))
    verbose.reportDone()
    return .done
  }
}

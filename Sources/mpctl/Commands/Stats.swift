internal import ArgumentParser
internal import Control

/// `mpctl stats`.
struct Stats: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show counters of the devices and their paths.",
    discussion: """
      A device counts requests of its clients; a path counts attempts, which are more when a \
      request had to be tried again. Bytes are in powers of 1024, large counts are shortened in \
      powers of 1000; --json has all digits.

      EXAMPLES
        mpctl stats data
        mpctl stats --json
      """)

  @Flag(name: .long, help: "Print the same facts as JSON.")
  var json = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "Only this device.")
  var name: String?

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let result = try session.ask(StatsMethod.self, DeviceSelection(name: name.map(Operands.device)))
    Terminal.write(
      json ? try Operands.json(result) : StatsText.render(result, Terminal.context))
    return .done
  }
}

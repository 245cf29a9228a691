internal import ArgumentParser
internal import Control

/// `mpctl list`.
struct List: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show everything about the devices and their paths.",
    discussion: """
      The layout is that of 'gmultipath list': a device is a geom, its export the provider, its \
      paths the consumers, oldest first.

      EXAMPLES
        mpctl list
        mpctl list data fast
        mpctl list data --json
      """)

  @Flag(name: .long, help: "Print the same facts as JSON.")
  var json = false

  @Flag(name: .short, help: "Also devices that are ending and wait for their paths' last answers.")
  var all = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "Only these devices.")
  var name: [String] = []

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    if json, name.isEmpty {
      Terminal.write(try session.document(ListMethod.self, DeviceSelection(all: all)))
      return .done
    }
    let report = try Operands.report(ListMethod.self, name, all: all, session)
    Terminal.write(
      json ? try Operands.json(report) : ListText.render(report, Terminal.context))
    return .done
  }
}

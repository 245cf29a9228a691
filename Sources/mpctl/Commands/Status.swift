internal import ArgumentParser
internal import Control

/// `mpctl status`.
struct Status: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how the devices and their paths are.",
    discussion: """
      The table is that of 'gmultipath status'. Below it stands, for each path that is not in \
      service, since when, why, and what to do.

      DEVICE STATES
        OPTIMAL   all paths are usable
        DEGRADED  it works, but a path is out of service, or there is only one
        FAILED    no path is usable; requests wait or fail

      PATH STATES
        ACTIVE    carries requests
        PASSIVE   waits for the active path to fail
        READ      carries reads
        FAIL      out of service after an error
        HELD      out of service because an operator said so
        PROBING   being tried before it comes back
        LOST      gone
        NEW       being opened
        FOREIGN   reaches other bytes than the device's; never used

      EXAMPLES
        mpctl status
        In a monitoring job, by exit status 0 optimal, 3 degraded, 4 failed:
          mpctl status --check >/dev/null
      """)

  @Flag(name: .long, help: "Print the same facts as JSON.")
  var json = false

  @Flag(name: .long, help: "Exit with 3 if a device is DEGRADED and with 4 if one is FAILED.")
  var check = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "Only this device.")
  var name: String?

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let report = try session.ask(StatusMethod.self, DeviceSelection(name: name))
    Terminal.write(
      json ? try Operands.json(report) : StatusText.render(report, Terminal.context))
    return check ? ExitStatus(checking: report) : .done
  }
}

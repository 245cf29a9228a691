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

      When no daemon answers, what 'mpctl scan' shows is printed, and the exit status is 2.

      EXAMPLES
        mpctl status
        mpctl status -s data fast
        In a monitoring job, by exit status 0 optimal, 3 degraded, 4 failed:
          mpctl status --check >/dev/null
      """)

  @Flag(name: .long, help: "Print the same facts as JSON.")
  var json = false

  @Flag(name: .long, help: "Exit with 3 if a device is DEGRADED and with 4 if one is FAILED.")
  var check = false

  @Flag(name: .short, help: "Also devices that are ending and wait for their paths' last answers.")
  var all = false

  @Flag(name: .customShort("g"), help: "Print names of devices rather than of their providers.")
  var geomNames = false

  @Flag(
    name: .customShort("s"),
    help: "For scripts: no header, name and status on every line, and no notes.")
  var script = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "Only these devices.")
  var name: [String] = []

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let report: DeviceReport
    do throws(CommandFailure) {
      if json, name.isEmpty, !check {
        Terminal.write(try session.document(StatusMethod.self, DeviceSelection(all: all)))
        return .done
      }
      report = try Operands.report(StatusMethod.self, name, all: all, session)
    } catch {
      // What a daemon would make of what is there is the next best thing.
      if session.isAbsent(error), name.isEmpty, !check {
        _ = try DaemonProgram.scan([], json: json)
      }
      throw error
    }
    let form = StatusForm(isScript: script, showsGeomNames: geomNames)
    Terminal.write(
      json ? try Operands.json(report) : StatusText.render(report, Terminal.context, form))
    return check ? ExitStatus(checking: report) : .done
  }
}

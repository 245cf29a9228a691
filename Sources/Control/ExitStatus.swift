/// What `mpctl` tells its caller.
///
/// Scripts depend on the numbers.
package enum ExitStatus: Int32, Sendable {
  case done = 0
  /// The daemon, or a rule that needs no daemon, said no.
  case refused = 1
  /// Nobody answered on the control socket.
  case unreachable = 2
  /// `status --check`: a device works, but the next failure may be its last.
  case degraded = 3
  /// `status --check`: a device has no usable path.
  case failed = 4
  /// `label`: the device was made, but not of all the paths.
  case incomplete = 5
  /// The command line is wrong (EX_USAGE of sysexits.h).
  case usage = 64

  /// What `status --check` says: the worst of the devices; without devices all is well.
  package init(checking report: DeviceReport) {
    let states = report.devices.map { $0.state }
    self =
      states.contains(.failed) ? .failed : states.contains(.degraded) ? .degraded : .done
  }
}

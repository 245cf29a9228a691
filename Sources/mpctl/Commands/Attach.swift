internal import ArgumentParser
internal import Control

/// `mpctl attach`.
struct Attach: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a device a block device of this machine: /dev/nbdN.",
    discussion: """
      The kernel's NBD client is given a connection to the device. Its name is printed when the \
      device can be read, and stays valid over restarts of the daemon: while mpathd is away, \
      requests wait, for at most the dead-connection time, and go on when it is back. A device \
      that was attached is attached again after a reboot.

      With the udev rule of the project, /dev/mpath/NAME leads to the same place. It takes root and \
      the kernel module nbd.

      EXAMPLES
        mpctl attach data
        mkfs.ext4 /dev/mpath/data

        Four connections, for a load that one thread of the kernel cannot carry:
          mpctl attach --connections 4 data

        A certain kernel device, and ten minutes of patience for a daemon that is away:
          mpctl attach --dead-conn-timeout 600 data /dev/nbd3
      """)

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long requests wait for a daemon that is gone before they fail.", valueName: "seconds"))
  var deadConnTimeout = AttachMethod.deadConnSecondsDefault

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Connections between the kernel and mpathd, 1 to \(AttachMethod.connectionsMax). With more than one, what \
      a killed daemon had been sent waits longer (see KERNEL.md).
      """, valueName: "count"))
  var connections = 1

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  @Argument(help: "The kernel device, such as /dev/nbd0; any free one when left out.")
  var kernelDevice: String?

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = AttachMethod.Params(
      name: name, kernelDevice: kernelDevice, deadConnSeconds: deadConnTimeout,
      connections: connections)
    _ = try CommandFailure.catching(params.check)
    let result = try session.ask(
      AttachMethod.self, params, withinSeconds: Session.openingSeconds)
    Terminal.warn(result.warning)
    Terminal.write(json ? try Operands.json(result) : result.kernelDevice + "\n")
    verbose.reportDone()
    return .done
  }
}

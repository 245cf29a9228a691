internal import ArgumentParser
internal import Control
internal import Glibc

/// The command line of the multipath daemon.
@main
struct Mpctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: ProgramName.own,
    abstract: "Make, watch and change multipath devices.",
    discussion: """
      A multipath device joins several paths to the same bytes into one device that keeps working \
      when a path fails. The daemon mpathd runs the devices and exports each of them over NBD on a \
      Unix socket of its own; mpctl asks it through its control socket.

      Making a device of two paths and looking at it:

        mpctl create data /dev/loop1 /dev/loop2
        mpctl status

      ENVIRONMENT
        MPATHD_SOCKET  the control socket, if neither --socket nor --run-dir is given
        NO_COLOR       if set, output has no colours

      FILES
        /run/mpathd/control.sock  the control socket
        /run/mpathd/NAME.sock     the data socket of the device NAME

      EXIT STATUS
        0   done
        1   refused: the reason is on standard error, usually with what to do
        2   the daemon cannot be reached, or did not answer in time
        3   status --check: a device is DEGRADED, and none is FAILED
        4   status --check: a device is FAILED
        5   label: the device was made, but not of all the paths
        64  the command line is wrong

      Called by the name gmultipath, as a symbolic link makes it, it ends with 1 instead of 2 and 64, as \
      gmultipath does.
      """,
    version: ProgramVersion.text,
    subcommands: [
      Create.self, LabelCommand.self, Configure.self, Add.self, Remove.self, Fail.self,
      Restore.self, SetCommand.self, Prefer.self, Rotate.self, GetActive.self, FailQueued.self,
      Resize.self, Stop.self, Destroy.self, Attach.self, Detach.self, Export.self, Unexport.self,
      Clear.self, Dump.self,
      Rescan.self, Scan.self, Paths.self,
      List.self, Status.self, Stats.self, Events.self, Explain.self,
      TraceCommand.self, DaemonCommand.self, Version.self,
    ])

  /// Errors of the command line look like all others, and the exit status is that of the program whose name
  /// was used.
  static func main() {
    let arguments = Array(ProgramArguments.all.dropFirst())
    if ProgramName.isGmultipath, arguments.isEmpty {
      Terminal.writeError(helpMessage() + "\n")
      Glibc.exit(ProgramName.status(ExitStatus.usage.rawValue))
    }
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      let code = exitCode(for: error).rawValue
      let text = ProgramName.signed(fullMessage(for: error))
      if !text.isEmpty {
        let lines = text + "\n"
        if code == 0 { Terminal.write(lines) } else { Terminal.writeError(lines) }
      }
      Glibc.exit(ProgramName.status(code))
    }
  }
}

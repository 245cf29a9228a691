internal import ArgumentParser
internal import Control

/// Which daemon a command talks to.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The daemon's run directory (default: \(RunDirectory.defaultPath)).", valueName: "dir"),
    completion: .directory)
  var runDir: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The daemon's control socket (default: control.sock in the run directory, or "
        + "$\(RunDirectory.socketVariable)).", valueName: "path"),
    completion: .file())
  var socket: String?

  func controlSocket() throws(CommandFailure) -> String {
    try CommandFailure.catching { () throws(ControlError) in
      try RunDirectory.controlSocket(
        socketFlag: socket, runDirectoryFlag: runDir,
        environment: HostEnvironment.variable(RunDirectory.socketVariable),
        workingDirectory: HostEnvironment.workingDirectory)
    }
  }
}

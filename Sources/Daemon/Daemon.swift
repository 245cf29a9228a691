internal import CLinux
package import Control
internal import Glibc
internal import Logging

/// The daemon as `mpathd` runs it.
package enum Daemon {
  /// Runs until a signal ends it; the exit status. `ready` is called once, when every device of the state
  /// file is served and the control socket answers.
  package static func run(
    _ options: DaemonOptions, ready: @escaping (String) -> Void
  ) throws(ControlError) -> Int32 {
    LoggingSystem.bootstrap(StreamLogHandler.standardError(label:))
    var log = Logger(label: "mpathd")
    log.logLevel = Logger.Level(rawValue: options.logLevel) ?? .info
    try makeFolder(options.runDirectory.path, mode: 0o755)
    if let file = options.stateFile { try makeFolder(parent(of: file), mode: 0o755) }
    try lock(options.runDirectory.path + "/mpathd.lock", options)
    let supervisor = try Supervisor(options, log: log)
    return supervisor.run {
      ready(
        "mpathd \(ProgramVersion.text) ready: \(supervisor.devices.count) devices, "
          + "control socket \(options.controlSocket)")
    }
  }

  private static func parent(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/"), slash != file.startIndex else { return "/" }
    return String(file[..<slash])
  }

  private static func makeFolder(_ path: String, mode: mode_t) throws(ControlError) {
    if unsafe mkdir(path, mode) == 0 || errno == EEXIST { return }
    let error = errno
    throw ControlError(
      .notPermitted, "the folder \(path) cannot be created: \(ErrnoText.sentence(error))",
      hint: error == ENOENT
        ? "create the folder above it first"
        : "run as root, or with --run-dir in a folder of your own")
  }

  /// One daemon a run directory: two would fight over its sockets and its state.
  private static func lock(_ file: String, _ options: DaemonOptions) throws(ControlError) {
    let status = unsafe mp_lock_file(file)
    guard status < 0 else { return }
    if status == -EWOULDBLOCK {
      throw ControlError(
        .busy, "another mpathd runs in \(options.runDirectory.path)",
        hint: "stop it first, or give this one another --run-dir")
    }
    throw ControlError(
      .notPermitted, "\(file) cannot be locked: \(ErrnoText.sentence(-status))",
      hint: "run as root, or with --run-dir in a folder of your own")
  }
}

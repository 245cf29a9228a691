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
    let inherited = Successor.inherited()
    var log = Logger(label: "mpathd")
    log.logLevel = Logger.Level(rawValue: options.logLevel) ?? .info
    try makeFolder(options.runDirectory.path, mode: 0o755)
    if let file = options.stateFile { try makeFolder(parent(of: file), mode: 0o755) }
    WriteBackDuty.prepareThreads()
    let lock = try RunLock.take(options.runDirectory, log)
    let supervisor = try Supervisor(options, lock: lock, inherited: inherited, log: log)
    return supervisor.run {
      ready(
        "mpathd \(ProgramVersion.text) ready: \(supervisor.devices.count) devices, "
          + "control socket \(options.controlSocket)")
    }
  }

  /// Says what has labels and what would be made of it; nothing is opened for writing.
  ///
  /// - Parameter paths: What to look at; nil for every candidate.
  package static func scan(_ paths: [String]?, _ rule: TasteRule) -> ScanReport {
    mp_raise_file_limit()
    return Scan.run(paths, rule)
  }

  /// Ends every kernel device of the device `name`, without a daemon and whoever uses it; a line for each.
  package static func release(_ name: String) throws(ControlError) -> [String] {
    let name = try DeviceName(name).text
    let devices = KernelDevice.all(backendPrefix: KernelAttachment.prefix(of: name))
      .filter { $0.isConnected }
    guard !devices.isEmpty else {
      throw ControlError(
        .notFound, "the kernel has no device of \(name)", hint: "lsblk lists what it has")
    }
    do throws(KernelFailure) {
      let client = try KernelClient()
      for device in devices { try client.disconnect(device.name.number, force: true) }
    } catch {
      throw error.error(device: name)
    }
    return devices.map { "\($0.name.path) detached" }
  }

  /// Guards the kernel devices of the daemon that has started this process. See `Guardian`.
  package static func guardDevices(of directory: RunDirectory) throws(ControlError) {
    try Guardian.run(directory)
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
}

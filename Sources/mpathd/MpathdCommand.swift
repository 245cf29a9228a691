internal import ArgumentParser
internal import Control
internal import Daemon
internal import Glibc

/// `mpathd`: argument parsing only; everything else is in the Daemon module.
@main
struct MpathdCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mpathd",
    abstract: "Join several paths to one medium into a device, and export it over NBD.",
    discussion: """
      mpathd stays in the foreground and logs to standard error. Its first line on standard output \
      says that it is ready: the control socket answers, and the devices it had when it last ran \
      are served again. mpctl drives it.

      Each device has a socket of its own, RUN-DIR/NAME.sock, which any NBD client can open; NAME \
      and the empty export name both work. That socket is the disk itself: by default only the \
      user of mpathd may open it.

      When it starts, and when the kernel says that a block device has come, it looks for labels \
      (mpctl label) in the last sector of each candidate, assembles the devices that they name, and \
      attaches paths that return. Candidates are disks and partitions, except for loop, zram, ram, \
      dm, md, nbd, sr and fd; with --taste they are what matches its patterns and nothing else. \
      What is mounted or used by another device is never looked at.

      With PATHS it serves one device over them and nothing else: on standard input with --stdio, as inetd \
      starts a server, or on the sockets that a service manager hands over (LISTEN_FDS). It remembers nothing, \
      writes nothing to standard output, and with --stdio ends with its client. That is how NBD tools \
      start a server by themselves: nbdinfo -- [ mpathd ./left.img ./right.img ]

      SIGTERM and SIGINT end it after everything in flight has been answered; a second one ends \
      it at once.

      Examples:
        mpathd                       # as root: /run/mpathd and /var/lib/mpathd
        mpathd --run-dir ./run       # as anybody: everything in ./run
      """,
    version: ProgramVersion.text)

  @Option(
    name: .customLong("run-dir"),
    help: ArgumentHelp(
      "Where the sockets are.",
      discussion: "With this option the state file is here too. Default: /run/mpathd.",
      valueName: "dir"))
  var runDirectory: String?

  @Option(
    help: ArgumentHelp(
      "The control socket.",
      discussion: "Default: MPATHD_SOCKET in the environment, or RUN-DIR/control.sock.",
      valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "The file that remembers the devices.",
      discussion: "Default: /var/lib/mpathd/devices.json, or RUN-DIR/devices.json.",
      valueName: "path"))
  var stateFile: String?

  @Flag(help: "Remember nothing: a restart begins without devices.")
  var noState = false

  @Option(
    help: ArgumentHelp(
      "Threads that carry requests.", discussion: "Default: one per core, at most 4.",
      valueName: "count"))
  var reactors: Int?

  @Option(
    help: ArgumentHelp(
      "Permissions of the devices' sockets, in octal.", discussion: "Default: 600.",
      valueName: "mode"))
  var socketMode: String?

  @Option(
    help: ArgumentHelp(
      "Look for labels on what matches, and nothing else; may be given several times.",
      discussion: "An absolute pattern as the shell has it: '/dev/sd*', '/srv/disks/*.img'.",
      valueName: "pattern"))
  var taste: [String] = []

  @Option(
    help: ArgumentHelp(
      "Look for no labels on what matches; may be given several times.", valueName: "pattern"))
  var deny: [String] = []

  @Option(
    name: .customLong("candidates"),
    help: ArgumentHelp(
      "A file of more such patterns, read again by each mpctl rescan.",
      discussion: "Its lines say 'allow PATTERN' or 'deny PATTERN'.", valueName: "path"))
  var candidatesFile: String?

  @Flag(help: "Look for no labels.")
  var noTaste = false

  @Flag(
    help: ArgumentHelp(
      "Do not listen to what the kernel says of devices that come and go.",
      discussion: "Only mpctl rescan finds what has come, as where there is no netlink."))
  var noUevents = false

  @Flag(
    help: ArgumentHelp(
      "For early boot: assemble what has labels, now and when it comes, and keep nothing.",
      discussion:
        "Needs a run directory that can be written to, and nothing else: no /var, no udev."))
  var oneshot = false

  @Flag(help: "Attach each labelled device to the kernel as /dev/nbdN when it is assembled.")
  var attach = false

  @Option(
    help: ArgumentHelp(
      "Whose members may read through the control socket; a name or a number.", valueName: "group"))
  var controlGroup: String?

  @Flag(
    help: ArgumentHelp(
      "Only say what has labels and what would be made of it, then end.",
      discussion: "What mpctl scan runs: the daemon's own way of looking, without a daemon."))
  var scan = false

  @Flag(help: "Print the result of --scan as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "What to log: debug, info, warning or error.",
      discussion: "Default: info, with PATHS warning.", valueName: "level"))
  var logLevel: String?

  @Option(
    help: ArgumentHelp(
      "Only have the kernel let go of a device's /dev/nbdN, then end.",
      discussion: "For mpctl detach --force, when no daemon runs.",
      valueName: "device"))
  var release: String?

  @Flag(
    name: .customLong("guard"),
    help: ArgumentHelp("What mpathd itself starts: see Guardian.", visibility: .private))
  var isGuardian = false

  @Flag(help: "Serve PATHS to the client at standard input, and end with it.")
  var stdio = false

  @Flag(help: "Serve PATHS so that clients may change nothing.")
  var readOnly = false

  @Argument(
    help: ArgumentHelp(
      "Serve one device over these, and nothing else; with --scan, look at these alone.",
      valueName: "paths"))
  var paths: [String] = []

  static func main() { main(Array(ProgramArguments.all.dropFirst())) }

  func validate() throws {
    if paths.isEmpty && (stdio || readOnly) {
      throw ValidationError("--stdio and --read-only take the paths that are to be served")
    }
    if !paths.isEmpty
      && (runDirectory != nil || socket != nil || stateFile != nil || !taste.isEmpty)
    {
      throw ValidationError(
        "PATHS are served without run directory, control socket, state file and labels")
    }
    if let reactors, !(1...16).contains(reactors) {
      throw ValidationError("--reactors takes 1 to 16")
    }
    guard ["debug", "info", "warning", "error", nil].contains(logLevel) else {
      throw ValidationError("--log-level takes debug, info, warning or error")
    }
    if let socketMode, UInt32(socketMode, radix: 8).map({ $0 <= 0o777 }) != true {
      throw ValidationError("--socket-mode takes an octal number such as 660")
    }
    if !scan && json {
      throw ValidationError("--json belongs to --scan")
    }
    if oneshot && stateFile != nil {
      throw ValidationError("--oneshot and --state-file exclude each other")
    }
    if noTaste && !(deny.isEmpty && candidatesFile == nil) {
      throw ValidationError("--no-taste excludes --deny and --candidates")
    }
    if noTaste && !taste.isEmpty {
      throw ValidationError("--taste and --no-taste exclude each other")
    }
    guard taste.allSatisfy({ $0.hasPrefix("/") || $0.contains("://") }) else {
      throw ValidationError("--taste takes a pattern that begins with a slash, or an NBD URI")
    }
    guard deny.allSatisfy({ $0.hasPrefix("/") }) else {
      throw ValidationError("--deny takes a pattern that begins with a slash")
    }
    if noState && stateFile != nil {
      throw ValidationError("--no-state and --state-file exclude each other")
    }
  }

  func run() throws {
    let status: Int32
    do throws(ControlError) {
      if let release {
        for line in try Daemon.release(release) { print(line) }
        return
      }
      if isGuardian { return try Daemon.guardDevices(of: options().runDirectory) }
      if scan {
        let here = Self.workingDirectory()
        let rule = try candidates(here)
        let given = try paths.map { path throws(ControlError) in
          try PathOperand.absolute(path, workingDirectory: here, isDeviceEntry: Self.isDeviceEntry)
        }
        let report = Daemon.scan(paths.isEmpty ? nil : given, rule)
        print(
          json ? try Wire.document(report) : ScanText.render(report), terminator: json ? "\n" : "")
        return
      }
      status = try paths.isEmpty ? serve() : Daemon.runSingle(single(), options: options())
    } catch {
      Self.complain(error)
      throw ExitCode(1)
    }
    throw ExitCode(status)
  }

  private func serve() throws(ControlError) -> Int32 {
    try Daemon.run(try options()) { line in
      print(line)
      fflush(nil)
    }
  }

  private func single() throws(ControlError) -> SingleExport {
    let here = Self.workingDirectory()
    let absolute = try paths.map { operand throws(ControlError) in
      try PathOperand.absolute(operand, workingDirectory: here) {
        unsafe access("/dev/" + $0, F_OK) == 0
      }
    }
    return SingleExport(
      paths: absolute, source: stdio ? .standardInput : .sockets(try Self.socketsHandedOver()),
      isReadOnly: readOnly)
  }

  /// How many sockets a service manager has handed to this very process.
  private static func socketsHandedOver() throws(ControlError) -> Int {
    let process = number("LISTEN_PID")
    guard let count = number("LISTEN_FDS"), (1...8).contains(count),
      process.map({ $0 == Int(getpid()) }) ?? true
    else {
      throw ControlError(
        .badRequest, "nobody has handed over a socket to serve the paths on",
        hint: "say --stdio, or have a service manager or NBD tool start mpathd (LISTEN_FDS)")
    }
    return count
  }

  private static func number(_ variable: String) -> Int? {
    unsafe getenv(variable).flatMap { Int(unsafe String(cString: $0)) }
  }

  private func options() throws(ControlError) -> DaemonOptions {
    let here = Self.workingDirectory()
    let directory = try RunDirectory(
      path: runDirectory ?? RunDirectory.defaultPath, workingDirectory: here)
    let environment = unsafe getenv(RunDirectory.socketVariable).map {
      unsafe String(cString: $0)
    }
    let control = try RunDirectory.controlSocket(
      socketFlag: socket, runDirectoryFlag: runDirectory, environment: environment,
      workingDirectory: here)
    return DaemonOptions(
      runDirectory: directory, controlSocket: control,
      stateFile: try rememberedIn(directory, here),
      reactors: reactors ?? min(4, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
      socketMode: socketMode.flatMap { UInt32($0, radix: 8) } ?? 0o600,
      logLevel: logLevel ?? (paths.isEmpty || scan ? "info" : "warning"),
      taste: try candidates(here), hearsEvents: !noUevents, controlGroup: controlGroup,
      attachesAll: attach)
  }

  private func candidates(_ here: String) throws(ControlError) -> TasteRule {
    if noTaste { return .nothing }
    let file: String?
    if let given = candidatesFile {
      file = try PathOperand.absolute(given, workingDirectory: here, isDeviceEntry: { _ in false })
    } else {
      file = nil
    }
    var rule = TasteRule(allowed: taste, denied: deny, file: file)
    try rule.reread()
    return rule
  }

  private func rememberedIn(
    _ directory: RunDirectory, _ here: String
  ) throws(ControlError) -> String? {
    if noState || oneshot { return nil }
    if let stateFile {
      return try PathOperand.absolute(
        stateFile, workingDirectory: here, isDeviceEntry: { _ in false })
    }
    return runDirectory == nil ? "/var/lib/mpathd/devices.json" : directory.path + "/devices.json"
  }

  private static func isDeviceEntry(_ name: String) -> Bool {
    unsafe access("/dev/" + name, F_OK) == 0
  }

  private static func workingDirectory() -> String {
    guard let path = unsafe getcwd(nil, 0) else { return "/" }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  private static func complain(_ error: ControlError) {
    var text = "mpathd: \(error.message)\n"
    if let hint = error.hint { text += "  fix: \(hint)\n" }
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl create`.
struct Create: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Join paths into a new device and export it over NBD.",
    discussion: """
      All paths must reach the same bytes. Paths whose size or block size differs are refused, \
      and so is one medium given twice. Making a device writes nothing to the paths. The command \
      returns when the export serves, and prints the URI that an NBD client is given. The daemon \
      remembers the device over a restart.

      A path is a block device or a regular file. 'loop1' and '/dev/loop1' are the same; a name \
      that is no entry of /dev is a file, relative to the working directory.

      Without -A and -R the device is active/passive: one path carries everything, and another \
      takes over when it fails. With both flags, -R wins.

      With --set, given once for each KEY=VALUE, the device begins with other settings than usual; \
      'mpctl set --help' lists them.

      EXAMPLES
        Two paths, one of them in use at a time:
          mpctl create data /dev/loop1 /dev/loop2

        Two files, reads and writes on both:
          mpctl create -A fast ./left.img ./right.img

        The same, each request on the path that is expected to answer first:
          mpctl create -A --set selector=latency fast ./left.img ./right.img
      """)

  @Flag(name: .customShort("A"), help: "Active/active: use all paths for everything.")
  var activeActive = false

  @Flag(
    name: .customShort("R"),
    help: "Active/read: read through all paths, write through one.")
  var activeRead = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long requests wait for a usable path before they fail; 0 fails them at once.",
      valueName: "seconds"))
  var noPathTimeout = DeviceOptions.noPathTimeoutSecondsDefault

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What happens when no path is left: requests wait (queue), they fail at once (fail), or the "
        + "device ends as well (destroy).",
      valueName: "queue|fail|destroy"))
  var onLastPath: String?

  @Flag(name: .long, help: "Use the page cache for paths that are regular files.")
  var buffered = false

  @Flag(
    name: .long,
    help: "Accept one medium under several names. It adds no safety.")
  var allowDuplicate = false

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("A setting that is not to be as usual.", valueName: "key=value"))
  var settings: [String] = []

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The new device's name.")
  var name: String

  @Argument(help: "The paths, the first to be active first.", completion: .file())
  var path: [String]

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let assignments = settings + (onLastPath.map { ["on-last-path=" + $0] } ?? [])
    let params = CreateMethod.Params(
      name: name, mode: DeviceMode(activeActive: activeActive, activeRead: activeRead),
      paths: try Operands.absolute(path),
      options: DeviceOptions(
        noPathTimeoutSeconds: noPathTimeout, io: buffered ? .buffered : .direct,
        allowDuplicate: allowDuplicate),
      settings: assignments.isEmpty ? nil : try Operands.settings(assignments))
    try CommandFailure.catching(params.check)
    let result = try session.ask(
      CreateMethod.self, params, withinSeconds: Session.openingSeconds)
    Terminal.write(json ? try Operands.json(result) : result.uri + "\n")
    verbose.reportDone()
    return .done
  }
}

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

      A path is a block device, a regular file, or an export of an NBD server: \
      nbd://HOST[:PORT]/EXPORT or nbd+unix:///EXPORT?socket=FILE. 'loop1' and '/dev/loop1' are the \
      same; a name that is no entry of /dev is a file, relative to the working directory. Kinds can \
      be mixed. In other commands an NBD path is called HOST:PORT/EXPORT or SOCKET:EXPORT, as \
      'mpctl status' shows it.

      Without -A and -R the device is active/passive: one path carries everything, and another \
      takes over when it fails. With both flags, -R wins.

      NBD SERVERS
        --cache says whether the paths share a cache. Shared are the paths of one server that \
      promises CAN_MULTI_CONN, and disks and files of this machine; two servers in front of one \
      image have caches of their own, unless you know better: two servers on one host over one file \
      share that host's page cache. With private caches active/active is refused, and a FLUSH that \
      cannot cover what a lost path had acknowledged fails.
        A server that does not answer may still write later what it was sent. After a connection \
      has ended, nothing overwrites that for --quiesce seconds; with --fence-command, until the \
      command has succeeded. COMMAND begins with the absolute name of a program; /bin/sh runs it \
      with the device, the old path and the new path appended, and status 0 must mean that nothing \
      sent to the old path can reach the medium any more. One that ends otherwise, or not within \
      --fence-timeout seconds, has not fenced anything, and changes wait.
        docs/NETWORK.md says what each choice protects from, and what not.

      With --set, given once for each KEY=VALUE, the device begins with other settings than usual; \
      'mpctl set --help' lists them.

      EXAMPLES
        Two paths, one of them in use at a time:
          mpctl create data /dev/loop1 /dev/loop2

        Two files, reads and writes on both:
          mpctl create -A fast ./left.img ./right.img

        The same, each request on the path that is expected to answer first:
          mpctl create -A --set selector=latency fast ./left.img ./right.img

        Two servers in front of one image:
          mpctl create data nbd://a/vol nbd://b/vol

        A local disk, and a server for when it is gone:
          mpctl create --priority b:10809/vol=10 --set failback=30 data sdb nbd://b/vol
      """)

  @OptionGroup var device: NewDeviceOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What happens when no path is left: requests wait (queue), they fail at once (fail), or the "
        + "device ends as well (destroy).",
      valueName: "queue|fail|destroy"))
  var onLastPath: String?

  @Option(
    name: [.customLong("priority"), .customLong("group")],
    help: ArgumentHelp(
      "The group of a path; the lowest number that has a usable path carries everything.",
      valueName: "path=n"))
  var priority: [String] = []

  @OptionGroup var network: NetworkOptions

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
    let onLastPath = onLastPath.map { ["on-last-path=" + $0] } ?? []
    let wanted = priority.map { "priority.\($0)" } + network.assignments + onLastPath + settings
    let params = CreateMethod.Params(
      name: name, mode: device.mode, paths: try Operands.absolute(path), options: device.options,
      settings: wanted.isEmpty ? nil : try Operands.settings(wanted))
    try CommandFailure.catching(params.check)
    let result = try session.ask(
      CreateMethod.self, params, withinSeconds: Session.openingSeconds)
    Terminal.write(json ? try Operands.json(result) : result.uri + "\n")
    verbose.reportDone()
    return .done
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl label`.
struct LabelCommand: ControlCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Write a label into the last sector of a medium, and make a device of its paths.",
    discussion: """
      The label is written through the first path, then every other path has to show it, past all \
      caches. Those that do become the device's paths; those that do not are named and left as \
      they are. The label is FreeBSD's: 'gmultipath' knows the medium, and mpathd finds the \
      device by itself when it starts, or when a path comes back.

      The device is one sector smaller than the medium, so that its users cannot reach the label. \
      What stands in the last sector is lost: if it is a partition table, the label of another \
      device, or metadata of md, LVM, ZFS, DRBD, bcache, GEOM or a RAID, or a file system, swap space or \
      an encrypted volume reaches into it, nothing is written without --force.

      The exit status is 5 when a path was refused, and 0 with --lenient. A name has at most 15 \
      characters.

      EXAMPLE
        mpctl label -A data /dev/sdb /dev/sdc
      """)

  @OptionGroup var device: NewDeviceOptions

  @Flag(name: .long, help: "Label the medium whatever stands in its last sector.")
  var force = false

  @Flag(name: .long, help: "Exit 0 even if paths were refused.")
  var lenient = false

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The new device's name.")
  var name: String

  @Argument(help: "The paths; the label is written through the first.", completion: .file())
  var path: [String]

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let paths = try Operands.absolute(path)
    let params = LabelMethod.Params(
      name: name, mode: device.mode, paths: paths, options: device.options, force: force)
    try CommandFailure.catching(params.check)
    let result = try session.ask(LabelMethod.self, params, withinSeconds: Session.openingSeconds)
    Terminal.write(json ? try Operands.json(result) : result.uri + "\n")
    for refused in result.refused {
      let text =
        "\(PrintableText.escaped(refused.path)) is not a path of "
        + "\(PrintableText.escaped(paths[0])): \(PrintableText.escaped(refused.reason))"
      Terminal.warn(text, hint: refused.hint)
    }
    verbose.reportDone()
    return result.refused.isEmpty || lenient ? .done : .incomplete
  }
}

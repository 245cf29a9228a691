internal import ArgumentParser
internal import Control

/// `mpctl add`.
struct Add: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Attach one more path to a device.",
    discussion: """
      The path must have the device's size and block size, and must reach the same bytes. It is \
      used at once, while clients go on working. In an active/passive device it waits for the \
      active path to fail.

      A path of a labelled device has to show its label. With --size it may be added before it can \
      be read: it is LOST until then, and comes into service by itself when its label proves right.

      A path is named as in 'mpctl create'.

      EXAMPLES
        mpctl add data /dev/loop3
        mpctl add --priority 10 --connections 4 data nbd://b/vol
      """)

  @Option(
    name: [.customLong("priority"), .customLong("group")],
    help: ArgumentHelp(
      "Its group; the lowest number that has a usable path carries everything. (default: 0)",
      valueName: "n"))
  var priority: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How many connections lead to an NBD server that allows several. (default: 1)", valueName: "n"
    ))
  var connections: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The size of the medium; the path of a labelled device need not be there yet then.",
      valueName: "bytes"))
  var size: String?

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  /// What was given of the path's settings, by their names.
  private var settings: [String: String]? {
    let given = [("priority", priority), ("connections", connections)]
    let chosen = given.compactMap { key, value in value.map { (key, $0) } }
    return chosen.isEmpty ? nil : Dictionary(uniqueKeysWithValues: chosen)
  }

  @Argument(help: "The path to attach.", completion: .file())
  var path: String

  private func statedSize() throws(CommandFailure) -> UInt64? {
    guard let size else { return nil }
    return try CommandFailure.catching { () throws(ControlError) in
      guard let bytes = ByteSize.parse(size), bytes > 0 else {
        throw ControlError(
          .badRequest, "'\(PrintableText.escaped(size))' is no size",
          hint: "write it as 1073741824 or 1G")
      }
      return bytes
    }
  }

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let sizeBytes = try statedSize()
    for path in try Operands.absolute([path]) {
      let params = AddMethod.Params(
        name: Operands.device(name), path: path, settings: settings, sizeBytes: sizeBytes)
      try CommandFailure.catching(params.check)
      try session.change(
        AddMethod.self, params,
        withinSeconds: Session.openingSeconds)
    }
    verbose.reportDone()
    return .done
  }
}

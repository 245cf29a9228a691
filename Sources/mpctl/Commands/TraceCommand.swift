internal import ArgumentParser
internal import Control

/// `mpctl trace`.
struct TraceCommand: ControlCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Record a device's decisions, so that they can be replayed elsewhere.",
    discussion: """
      For the given time, or until it is interrupted, everything that the device's decision machine \
      is told goes to a file: requests with their place and length, answers of paths, probes, what \
      operators do; with the machine's state at the beginning, and a digest of what was decided. \
      No data that is read or written is in it. 'mpsim replay FILE' decides the same once more, \
      anywhere, and with --verbose tells the story.

      The device is not slowed down. If the file cannot be written as fast as requests come, the \
      trace ends early and says so; it also ends after 256 MiB, some 8 million requests, and after \
      an hour. A device has one trace at a time.

      EXAMPLES
        mpctl trace data --seconds 10
        mpctl trace data -o /tmp/slow.trace
        mpsim replay data.trace --verbose
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("Record for so long; without it, until interrupted.", valueName: "count"))
  var seconds: Int?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to make (default: NAME.trace).", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "Overwrite the file if it exists.")
  var force = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func validate() throws {
    if let seconds, !(1...TraceMethod.secondsMax).contains(seconds) {
      throw ValidationError("--seconds takes 1 to \(TraceMethod.secondsMax)")
    }
  }

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    var file = try TraceFile(name: output ?? name + ".trace", mayOverwrite: force)
    let end = try session.trace(TraceMethod.Params(name: name, seconds: seconds)) {
      bytes throws(CommandFailure) in
      try file.append(bytes)
    }
    try file.finish()
    let name = PrintableText.escaped(file.name)
    Terminal.write("\(name): \(end.inputs) inputs, \(file.byteCount) bytes\n")
    Terminal.warn(Self.warning(end))
    return .done
  }

  /// Why the trace is shorter than it was wanted.
  private static func warning(_ end: TraceLine.End) -> String? {
    switch end.reason {
    case .asked: nil
    case .full: "the trace has ended early: it may have no more bytes"
    case .tooSlow:
      "the trace has ended early, \(end.missing) inputs missing: they came faster than they could "
        + "be written"
    case .deviceGone: "the trace has ended early: the device was destroyed, or the daemon ended"
    case .unrecorded: "the trace has ended early: the daemon did something that traces do not know"
    }
  }
}

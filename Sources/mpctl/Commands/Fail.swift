internal import ArgumentParser
internal import Control

/// `mpctl fail`.
struct Fail: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Hold a path, so that nothing uses it.",
    discussion: """
      The path stays attached, in the state HELD, until 'mpctl restore' puts it back into service. \
      Unlike an error, a hold is never ended by the daemon itself, not even when no other path is \
      left, and it outlives a restart of the daemon.

      With --soft the state is FAIL and ends as gmultipath's does: by 'mpctl restore', or when the \
      last good path fails, since a path that might work is better than none. On the only path of \
      a device it therefore lasts no time at all.

      EXAMPLE
        Before work on the cable of a path:
          mpctl fail data loop1
      """)

  @Flag(name: .long, help: "Let the path be used again when no other is left.")
  var soft = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  @Argument(help: "The path to hold, such as loop1 or /dev/loop1.")
  var path: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let selection = try Operands.selection(name: name, path: path)
    try session.change(
      FailMethod.self,
      FailMethod.Params(name: selection.name, path: selection.path, soft: soft))
    verbose.reportDone()
    return .done
  }
}

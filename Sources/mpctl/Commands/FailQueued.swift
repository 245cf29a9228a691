internal import ArgumentParser
internal import Control

/// `mpctl fail-queued`.
struct FailQueued: ControlCommand {
  static let configuration = CommandConfiguration(
    commandName: "fail-queued",
    abstract: "Fail the requests that wait for a usable path.",
    discussion: """
      They are answered with EIO at once, and how many there were is printed. Those that wait for \
      an unanswered write to the same place are among them. What comes later waits again, as \
      'mpctl set NAME no-path-timeout=SECONDS' says; with 0 nothing ever waits.

      EXAMPLE
        Before a reboot, when the paths will not come back:
          mpctl fail-queued data
      """)

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let result = try session.ask(FailQueuedMethod.self, OneDevice(name: Operands.device(name)))
    let requests = result.failed == 1 ? "1 request" : "\(result.failed) requests"
    Terminal.write(json ? try Operands.json(result) : "\(requests) failed\n")
    verbose.reportDone()
    return .done
  }
}

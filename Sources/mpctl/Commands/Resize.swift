internal import ArgumentParser
internal import Control

/// `mpctl resize`.
struct Resize: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have a device follow the size of its paths now.",
    discussion: """
      A device without a label grows by itself, a few seconds after the last of its paths has \
      grown; this command looks at once, and prints the size in bytes. Clients see a new size when \
      they connect anew.

      When a path has become smaller than the device, requests beyond its end are refused and \
      everything else goes on. That ends when the medium has its size again, or when --shrink \
      gives up what is beyond the end.

      EXAMPLES
        losetup -c /dev/loop1 && losetup -c /dev/loop2 && mpctl resize data
        mpctl resize --shrink data
      """)

  @Flag(name: .long, help: "Give up what is beyond the end of a medium that has shrunk.")
  var shrink = false

  @Flag(name: .long, help: "Print the result as JSON.")
  var json = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = ResizeMethod.Params(name: Operands.device(name), shrink: shrink)
    let result = try session.ask(
      ResizeMethod.self, params, withinSeconds: Session.openingSeconds)
    Terminal.warn(result.warning)
    Terminal.write(json ? try Operands.json(result) : "\(result.sizeBytes)\n")
    verbose.reportDone()
    return .done
  }
}

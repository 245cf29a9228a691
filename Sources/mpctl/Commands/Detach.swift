internal import ArgumentParser
internal import Control

/// `mpctl detach`.
struct Detach: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take a device back from the kernel.",
    discussion: """
      What the kernel has not written yet is written first. A device that is mounted, used for \
      swap, or held by another device or program is refused; 'mpctl status' shows by whom. The \
      export on the socket goes on.

      With --force nobody is asked and nothing is waited for: whoever uses the device gets EIO. \
      That also works when no daemon answers, for devices of a daemon that will not come back.

      EXAMPLES
        umount /mnt && mpctl detach data
      """)

  @Flag(
    name: .long, help: "Also while it is in use, and without a daemon: data not written is lost.")
  var force = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = DetachMethod.Params(name: name, force: force)
    do throws(CommandFailure) {
      try session.change(DetachMethod.self, params, withinSeconds: Session.openingSeconds)
    } catch {
      guard force, case .unreachable = error else { throw error }
      try DaemonProgram.release(name, whyNotAsked: error)
    }
    verbose.reportDone()
    return .done
  }
}

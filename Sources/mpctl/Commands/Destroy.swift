internal import ArgumentParser
internal import Control

/// `mpctl destroy`.
struct Destroy: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "End a device and its export, and forget it.",
    discussion: """
      The paths are closed, and the daemon forgets the device. The bytes on the paths stay as they \
      are: 'mpctl create' with the same paths gives the same content. A device that has a label \
      loses it; 'mpctl stop' leaves it.

      A device that clients are connected to is not ended, unless --force is given: then what they \
      have asked is answered, and they are disconnected.

      EXAMPLE
        mpctl destroy data
      """)

  @OptionGroup var ending: EndingOptions
  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = DeviceEnding(name: Operands.device(name), force: ending.force)
    try session.change(DestroyMethod.self, params, withinSeconds: Session.openingSeconds)
    verbose.reportDone()
    return .done
  }
}

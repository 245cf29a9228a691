internal import ArgumentParser
internal import Control

/// `mpctl remove`.
struct Remove: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take a path out of a device.",
    discussion: """
      Requests that are on the path end first, the others go through the paths that remain. The \
      bytes of the path stay as they are.

      The last path of a device is refused. With --force it goes, and the device ends with it, as \
      in gmultipath; so it does without --force under 'on-last-path=destroy', when no client is \
      connected.

      EXAMPLE
        mpctl remove data loop3
      """)

  @Flag(name: .long, help: "Remove the last path, too, and end the device, in use or not.")
  var force = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  @Argument(help: "The path to detach, such as loop1 or /dev/loop1.")
  var path: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let selection = try Operands.selection(name: name, path: path)
    try session.change(
      RemoveMethod.self,
      RemoveMethod.Params(name: selection.name, path: selection.path, force: force),
      withinSeconds: Session.openingSeconds)
    verbose.reportDone()
    return .done
  }
}

internal import ArgumentParser
internal import Control

/// `mpctl prefer`.
struct Prefer: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a path the active one.",
    discussion: """
      In active/passive everything goes through it from now on, in active/read everything but \
      reads; in active/active it changes nothing that can be seen. A path that is out of service is \
      refused.

      Where the paths have caches of their own (mpctl explain NAME), it waits up to 2 s for a flush \
      that covers what has been written, and is refused then: moved earlier, these writes could \
      come to the medium after newer ones.

      Without --sticky, as in gmultipath, it lasts until the path fails or another is preferred. \
      With --sticky the path is also the one that failback returns to, and a restart of the daemon \
      begins with it; 'mpctl set NAME failback=immediate' says when. A 'prefer' without --sticky \
      ends that.

      EXAMPLE
        mpctl prefer --sticky data loop1
      """)

  @Flag(name: .long, help: "Also return to it after a failure, as failback says.")
  var sticky = false

  @OptionGroup var verbose: VerboseOption
  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "The device's name.")
  var name: String

  @Argument(help: "The path to use, such as loop1 or /dev/loop1.")
  var path: String

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let selection = try Operands.selection(name: name, path: path)
    try session.change(
      PreferMethod.self,
      PreferMethod.Params(name: selection.name, path: selection.path, sticky: sticky))
    verbose.reportDone()
    return .done
  }
}

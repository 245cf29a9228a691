internal import ArgumentParser
internal import Control

/// `mpctl paths`.
struct Paths: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show every path that the daemon knows.",
    discussion: """
      Candidates, which the daemon looks at by itself, and the paths of its devices. The daemon answers from \
      memory: it hears of what comes, goes and changes, and asks nobody.

      STATES
        in-service  a device uses it
        labelled    its label is known, and no device uses it
        unlabelled  it has no label
        refused     it has something like a label, which is not used
        busy        mounted, or used by something else: never touched
        unreadable  it could not be read
        silent      it was looked at and has not answered so far
        new         it has not been looked at yet

      EXAMPLES
        mpctl paths
        mpctl paths --json
      """)

  @Flag(name: .long, help: "Print the same facts and more as JSON.")
  var json = false

  @OptionGroup var connection: ConnectionOptions

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    if json {
      Terminal.write(try session.document(PathsMethod.self, NoParams()))
    } else {
      let result = try session.ask(PathsMethod.self, NoParams())
      Terminal.write(PathsText.render(result.paths, Terminal.context))
    }
    return .done
  }
}

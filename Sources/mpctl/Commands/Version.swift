internal import ArgumentParser
internal import Control

/// `mpctl version`.
struct Version: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the versions of mpctl and of the running daemon.",
    discussion: """
      The first line is printed even if no daemon runs; 'mpctl --version' does not ask for one.

      EXAMPLE
        mpctl version
      """)

  @OptionGroup var connection: ConnectionOptions

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    Terminal.write("mpctl \(ProgramVersion.text), protocol \(Wire.version)\n")
    let daemon = try session.ask(VersionMethod.self, NoParams())
    Terminal.write(
      "mpathd \(daemon.version), protocol \(daemon.protocolVersion), pid \(daemon.pid)\n")
    return .done
  }
}

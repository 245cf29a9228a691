internal import ArgumentParser
internal import Control

/// A subcommand that asks the daemon for something.
///
/// It exists so that each command only says what it asks and shows, while errors and exit codes
/// are the same everywhere.
protocol ControlCommand: ParsableCommand {
  var connection: ConnectionOptions { get }

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus
}

extension ControlCommand {
  func run() throws {
    let status: ExitStatus
    do throws(CommandFailure) {
      status = try perform(Session(socket: connection.controlSocket()))
    } catch {
      Terminal.complain(error.message, hint: error.hint)
      status = error.exitStatus
    }
    guard status == .done else { throw ExitCode(status.rawValue) }
  }
}

internal import Control

/// Why a command did not do what it was asked to do.
enum CommandFailure: Error {
  /// The daemon, or a rule that needs no daemon, said no.
  case refused(ControlError)
  /// Nobody could be asked, or nobody answered.
  case unreachable(message: String, hint: String)

  var message: String {
    switch self {
    case .refused(let error): error.message
    case .unreachable(let message, _): message
    }
  }

  var hint: String? {
    switch self {
    case .refused(let error): error.hint
    case .unreachable(_, let hint): hint
    }
  }

  var exitStatus: ExitStatus {
    switch self {
    case .refused: .refused
    case .unreachable: .unreachable
    }
  }

  /// Runs what may be refused without a look at the daemon.
  static func catching<Value>(
    _ body: () throws(ControlError) -> Value
  ) throws(CommandFailure) -> Value {
    do throws(ControlError) {
      return try body()
    } catch {
      throw .refused(error)
    }
  }
}

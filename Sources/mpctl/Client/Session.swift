internal import Control
internal import Glibc

/// The daemon, as a command sees it: one question, one answer, within a time.
struct Session {
  /// For what the daemon answers from memory.
  static let quickSeconds: Int64 = 5
  /// For what opens and identifies paths, which may be slow to answer.
  static let openingSeconds: Int64 = 30
  static let requestID = 1
  /// For what looks at everything, a part of which may hang.
  static let scanningSeconds: Int64 = 120

  let socket: String

  /// Asks the daemon and returns its result; anything else is a failure with its sentence.
  func ask<M: ControlMethod>(
    _ method: M.Type, _ params: M.Params, withinSeconds seconds: Int64 = quickSeconds
  ) throws(CommandFailure) -> M.Result {
    let request = try CommandFailure.catching { () throws(ControlError) in
      try Wire.request(method, id: Self.requestID, params: params)
    }
    let line = try exchange(request, seconds: seconds)
    switch try reply(to: method, in: line).outcome {
    case .success(let result): return result
    case .failure(let error): throw .refused(error)
    }
  }

  /// Asks the daemon and returns its result as the text of `--json`.
  func document<M: ControlMethod>(
    _ method: M.Type, _ params: M.Params, withinSeconds seconds: Int64 = quickSeconds
  ) throws(CommandFailure) -> [UInt8] {
    let request = try CommandFailure.catching { () throws(ControlError) in
      try Wire.request(method, id: Self.requestID, params: params)
    }
    let line = try exchange(request, seconds: seconds)
    if let text = Wire.document(resultIn: line) { return text + [LineFramer.lineFeed] }
    switch try reply(to: method, in: line).outcome {
    case .success(let result): return Array(try Operands.json(result).utf8)
    case .failure(let error): throw .refused(error)
    }
  }

  /// Asks for a change and shows the daemon's warning, if it has one.
  func change<M: ControlMethod>(
    _ method: M.Type, _ params: M.Params, withinSeconds seconds: Int64 = quickSeconds
  ) throws(CommandFailure) where M.Result == Change {
    let change = try ask(method, params, withinSeconds: seconds)
    Terminal.warn(change.warning)
  }

  /// Subscribes to events and hands on each line, until the daemon or the caller ends it.
  func follow(
    _ params: EventsMethod.Params, _ take: (StreamLine) throws(CommandFailure) -> Void
  ) throws(CommandFailure) {
    let request = try CommandFailure.catching { () throws(ControlError) in
      try Wire.request(SubscribeMethod.self, id: Self.requestID, params: params)
    }
    var isAnswered = false
    let ended: CommandFailure
    do throws(SocketError) {
      let connection = try UnixSocket(deadline: Deadline(seconds: Self.quickSeconds))
      try connection.connect(to: socket)
      try connection.send(request)
      ended = try connection.stream { line throws(CommandFailure) in
        if isAnswered {
          let event = try CommandFailure.catching { () throws(ControlError) in
            try StreamLine.decode(line)
          }
          try take(event)
        } else if case .failure(let error) = try reply(to: SubscribeMethod.self, in: line).outcome {
          throw .refused(error)
        }
        isAnswered = true
      }
    } catch {
      throw failure(error, seconds: Self.quickSeconds)
    }
    throw ended
  }

  func reply<M: ControlMethod>(
    to method: M.Type, in line: [UInt8]
  ) throws(CommandFailure) -> Reply<M.Result> {
    do throws(ControlError) {
      return try Wire.reply(to: method, in: line)
    } catch {
      throw .unreachable(
        message: "what answers on \(socket) does not speak as mpathd does: \(error.message)",
        hint: "use the mpctl that was installed together with this mpathd")
    }
  }

  private func exchange(_ request: [UInt8], seconds: Int64) throws(CommandFailure) -> [UInt8] {
    do throws(SocketError) {
      let connection = try UnixSocket(deadline: Deadline(seconds: seconds))
      try connection.connect(to: socket)
      try connection.send(request)
      return try connection.receiveLine()
    } catch {
      throw failure(error, seconds: seconds)
    }
  }

  func failure(_ error: SocketError, seconds: Int64) -> CommandFailure {
    switch error {
    case .failed(errno: EACCES), .failed(errno: EPERM):
      .unreachable(
        message: "no permission to use the control socket \(socket)",
        hint: "run mpctl as root, as the user of mpathd or as a member of the socket's group")
    case .failed(errno: ENOENT), .failed(errno: ECONNREFUSED):
      .unreachable(
        message: Self.absence(socket),
        hint: "start it with: \(startCommand)")
    case .failed(let errno):
      .unreachable(
        message: "the control socket \(socket) cannot be used: \(Self.text(errno))",
        hint: "if mpathd is not running, start it with: \(startCommand)")
    case .timedOut:
      .unreachable(
        message: "mpathd on \(socket) did not answer within \(seconds) seconds; "
          + "what was asked may still happen",
        hint: "look at mpctl status and at the log of mpathd")
    case .closed:
      .unreachable(
        message: "mpathd on \(socket) closed the connection",
        hint: "look at the log of mpathd; it may have been stopped")
    case .replyTooLong:
      .unreachable(
        message: "the answer on \(socket) is too long to be one of mpathd",
        hint: "check that \(socket) is the control socket of mpathd")
    }
  }

  /// Whether nobody answers on the socket, as opposed to somebody who answers wrongly or late.
  func isAbsent(_ failure: CommandFailure) -> Bool {
    failure.message == Self.absence(socket)
  }

  private static func absence(_ socket: String) -> String { "no mpathd answers on \(socket)" }

  /// How to start a daemon that would serve this socket.
  private var startCommand: String {
    let suffix = "/\(DeviceName.reserved).sock"
    if socket == RunDirectory.defaultPath + suffix { return "mpathd" }
    return socket.hasSuffix(suffix)
      ? "mpathd --run-dir \(socket.dropLast(suffix.count))" : "mpathd --socket \(socket)"
  }

  private static func text(_ errno: Int32) -> String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "errno \(errno)"
  }
}

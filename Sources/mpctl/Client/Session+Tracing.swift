internal import Control
internal import Glibc

/// A trace as the client of it sees it.
extension Session {
  /// How a stream of lines comes to its end.
  private enum Over: Error {
    case ended(TraceLine.End)
    case failed(CommandFailure)
  }

  /// Asks for a trace and hands on its bytes as they come, until it ends. An interrupt asks the daemon to
  /// end it, a second one ends this program.
  func trace(
    _ params: TraceMethod.Params, _ take: ([UInt8]) throws(CommandFailure) -> Void
  ) throws(CommandFailure) -> TraceLine.End {
    let request = try CommandFailure.catching { () throws(ControlError) in
      try Wire.request(TraceMethod.self, id: Self.requestID, params: params)
    }
    var isAnswered = false
    let over: Over
    do throws(SocketError) {
      let connection = try UnixSocket(deadline: Deadline(seconds: Self.quickSeconds))
      try connection.connect(to: socket)
      try connection.send(request)
      connection.endSendingWhenInterrupted()
      over = try connection.stream { line throws(Over) in
        guard isAnswered else {
          isAnswered = true
          return try accept(line)
        }
        try hand(line, to: take)
      }
    } catch {
      throw failure(error, seconds: Self.quickSeconds)
    }
    switch over {
    case .ended(let end): return end
    case .failed(let failure): throw failure
    }
  }

  private func accept(_ line: [UInt8]) throws(Over) {
    do throws(CommandFailure) {
      if case .failure(let error) = try reply(to: TraceMethod.self, in: line).outcome {
        throw .refused(error)
      }
    } catch {
      throw .failed(error)
    }
  }

  private func hand(
    _ line: [UInt8], to take: ([UInt8]) throws(CommandFailure) -> Void
  ) throws(Over) {
    let end: TraceLine.End?
    do throws(CommandFailure) {
      let piece = try CommandFailure.catching { () throws(ControlError) in
        try TraceLine.decode(line)
      }
      if let bytes = piece.bytes {
        try take(bytes)
      } else if piece.end == nil {
        throw .refused(ControlError(.internal, "mpathd sent something that is no piece of a trace"))
      }
      end = piece.end
    } catch {
      throw .failed(error)
    }
    if let end { throw .ended(end) }
  }
}

public import BlockIO

/// What the owner of a connection has to do next with what the server sent.
public enum ClientStep: Hashable, Sendable, BitwiseCopyable {
  /// Everything was understood; receive more.
  case needMore
  /// The next `count` bytes of the stream belong at `offset` of the request's buffer.
  ///
  /// They follow directly behind the consumed bytes and may be received straight into the buffer;
  /// `tookData` says how many were. The step is repeated with what is left until all were.
  case data(RequestCookie, offset: Int, count: Int)
  /// `count` bytes at `offset` of the request's buffer are zeroes, and nothing is sent for them.
  case hole(RequestCookie, offset: Int, count: Int)
  /// The request is answered; its slot is free.
  case finished(RequestCookie, IOOutcome)
  /// The server lied: nothing more that it says may be used, and the connection must be closed.
  ///
  /// Buffers of requests that were not finished may hold part of an answer.
  case failed(TransmissionLie)
}

/// What became of a piece of input.
public struct ClientProgress: Hashable, Sendable, BitwiseCopyable {
  /// Bytes taken off the front of the input: all of it when more is needed.
  public let consumedBytes: Int
  public let step: ClientStep

  public init(consumedBytes: Int, step: ClientStep) {
    self.consumedBytes = consumedBytes
    self.step = step
  }
}

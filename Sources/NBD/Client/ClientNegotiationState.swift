/// Where a client's negotiation stands for its caller.
public enum ClientNegotiationState: Hashable, Sendable {
  /// The handshake goes on: send the output, read more.
  case needMore
  /// Every further byte from the server is transmission; there is nothing left to send.
  case transmission(NegotiatedExport)
  /// Send the output, then close.
  case failed(ClientNegotiationFailure)
}

/// What became of a piece of input.
public struct ClientNegotiationProgress: Hashable, Sendable {
  /// Bytes taken off the front of the input: all of it while more is needed.
  ///
  /// The rest belongs to transmission, or to nobody after a failure.
  public let consumedBytes: Int
  public let state: ClientNegotiationState

  public init(consumedBytes: Int, state: ClientNegotiationState) {
    self.consumedBytes = consumedBytes
    self.state = state
  }
}

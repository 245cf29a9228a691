/// Where a negotiation stands for its caller.
public enum NegotiationState: Hashable, Sendable, BitwiseCopyable {
  /// The handshake goes on: send the output, read more.
  case needMore
  /// Send the output, then shake hands for TLS, and tell the negotiation by `secured`.
  ///
  /// Bytes that have come behind the option were sent by somebody who cannot be trusted: close.
  case startTLS
  /// Send the output; every further byte from the client is transmission.
  case transmission(exportIndex: Int)
  /// Send the output, then close.
  case close(reason: NegotiationFailure)
}

/// Where a negotiation stands for its caller.
public enum NegotiationState: Hashable, Sendable, BitwiseCopyable {
  /// The handshake goes on: send the output, read more.
  case needMore
  /// Send the output; every further byte from the client is transmission.
  case transmission(exportIndex: Int)
  /// Send the output, then close.
  case close(reason: NegotiationFailure)
}

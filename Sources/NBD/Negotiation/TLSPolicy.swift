/// Whether a server's connections are secured.
///
/// There is no choice for the client: whoever sits in between would choose for it.
public enum TLSPolicy: Hashable, Sendable, BitwiseCopyable {
  case none
  /// Until TLS is up, nothing is answered but STARTTLS and ABORT.
  case required
}

public import BlockIO
public import NBD

/// Why a connection to a server ended, though nobody here wished it.
public enum ConnectionEnd: Hashable, Sendable {
  /// The server closed it.
  case hungUp
  /// Receiving or sending failed.
  case failed(errno: Int32)
  /// The server sent what the protocol forbids.
  case lied(TransmissionLie)
  /// The server answered with ESHUTDOWN.
  case shuttingDown
  /// Reads or writes waited this long and nothing at all was received.
  case silent(Interval)

  /// What an errno is asked for: ECONNRESET where there is none of a path that is gone.
  public var errno: Int32 {
    switch self {
    case .failed(let errno) where ErrorVerdict(errno: errno) == .lost: errno
    case .shuttingDown: Errno.eshutdown
    case .hungUp, .failed, .lied, .silent: Errno.econnreset
    }
  }
}

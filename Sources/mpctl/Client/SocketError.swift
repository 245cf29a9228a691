/// How an exchange on a socket ended early.
enum SocketError: Error {
  /// The kernel's errno, positive.
  case failed(errno: Int32)
  case timedOut
  /// The other end closed before its line was complete.
  case closed
  case replyTooLong
}

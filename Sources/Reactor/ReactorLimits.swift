internal import BlockIO

/// Every limit of a reactor, fixed when it starts.
enum ReactorLimits {
  static let submissionEntries: UInt32 = 1024
  /// NBD sessions of all devices of one reactor; a client beyond is closed at once.
  static let sessions = 1024
  /// Devices of one reactor.
  static let devices = 1024
  /// Registered files: one place for each session, the rest for paths.
  static let files = sessions + 8192
  /// Bytes a session may receive ahead of what it has parsed; virtual until used.
  static let receiveBytes = 128 << 10
  /// Replies in one send, two vectors each.
  static let repliesPerSend = 128
  /// Payload of all requests in flight on the reactor; virtual until used.
  static let arenaBytes = 128 << 20
  static let zeroBytes = 1 << 20
  /// A client has this long to finish the handshake.
  static let handshake = Interval.seconds(10)
  /// A client that takes no reply for this long is dropped, if another waits for what it holds.
  static let sendPatience = Interval.seconds(10)
  /// The same at the end; less than the daemon waits for the whole of it.
  static let sendPatienceAtStop = Interval.seconds(3)
  static let housekeeping = Interval.seconds(1)
  /// EAGAIN from one attempt before it counts as an error.
  static let transientRetries: UInt8 = 16
  static let completionsPerReap = 256
  /// Chunks of a trace that wait to be taken, 64 KiB each; then it ends.
  static let traceChunks = 64
}

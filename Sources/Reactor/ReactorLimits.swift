internal import BlockIO
internal import NBD

/// Every limit of a reactor, fixed when it starts.
enum ReactorLimits {
  static let submissionEntries: UInt32 = 1024
  /// NBD sessions of all devices of one reactor; a client beyond is closed at once.
  static let sessions = 1024
  /// Listening sockets of one device beside its own.
  static let listenersAdded = 8
  /// Devices of one reactor.
  static let devices = 1024
  /// Connections to NBD servers, of all paths of all devices of one reactor.
  static let connections = 64
  /// Requests on the wire of one connection; what is beyond waits here.
  static let piecesPerConnection = 128
  /// Requests in one message to a server, two vectors each, and the payload at which no more are added.
  static let piecesPerSend = 64
  static let sendBytes = 1 << 20
  /// A read or a write is cut into pieces of at most this, so that small requests need not wait for one of
  /// 32 MiB to pass; not more than `zeroBytes`, from which zeroes are written.
  static let pieceBytes: UInt32 = 1 << 20
  /// A connection on which reads or writes wait and nothing at all is received for this long is ended, so that
  /// the path can be reached anew.
  static let connectionSilence = Interval.seconds(30)
  /// The same when its device is to go.
  static let connectionSilenceAtEnd = Interval.seconds(3)
  /// Registered files: one place for each session, the rest for paths and connections.
  static let files = sessions + 8192
  /// Bytes a session may receive ahead of what it has parsed; virtual until used.
  static let receiveBytes = 128 << 10
  /// BLOCK_STATUS requests that wait for a look at a file; more are told that there is data.
  static let allocationQueries = 64
  /// How long each of them may take, to within the pace of housekeeping.
  static let allocationPatience = Interval.seconds(2)
  /// Room for the answer to a BLOCK_STATUS in either form.
  static let allocationBytes = UInt64(
    AllocationMap.extentsMax * AllocationExtent.encodedBytes(.extended))
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
  /// A device that is to end answers its clients for this long before it hangs up on them.
  static let endPatience = Interval.seconds(5)
  static let housekeeping = Interval.seconds(1)
  /// EAGAIN from one attempt before it counts as an error.
  static let transientRetries: UInt8 = 16
  static let completionsPerReap = 256
  /// Chunks of a trace that wait to be taken, 64 KiB each; then it ends.
  static let traceChunks = 64
}

internal import BasicContainers
internal import BlockIO
internal import NBD

/// One connection to an NBD server, as a part of a path. Its bytes live in `Memory`.
struct Connection: ~Copyable {
  enum Phase: UInt8, BitwiseCopyable {
    case vacant
    case up
    /// Shut down; waits for its receive and its send to end.
    case ending
  }

  static let none = UInt32.max
  /// Stands for a connection that has ended, until its attempts have been answered.
  static let abandoned = UInt32.max - 1

  var phase = Phase.vacant
  var descriptor: Int32 = -1
  var filePlace: UInt32 = 0
  /// The place of its device, and its path there. The path's place may be another path's once `isPathGone`.
  var device: UInt32 = 0
  var path = PathIndex(0)
  var pathID: UInt32 = 0
  /// The path has been removed: nothing more will come of it than the descriptors of its connections.
  var isPathGone = false
  /// The next connection of the same path.
  var next = Connection.none
  /// A fence has cut it off: what it carried can do nothing more, whatever the quiet time is.
  var isFenced = false
  var endedAt = Instant.zero
  /// What those that wait for an answer are told when it has ended.
  var endErrno = Errno.econnreset

  var encoder = RequestEncoder(flags: [])
  /// For requests with data, which are cut to what a batch may hold, and for those without.
  var dataSplitter: RequestSplitter?
  var rangeSplitter: RequestSplitter?
  var transmission = ClientTransmission(outstandingMax: 1, structuredReplies: false)

  /// Requests on the wire, by the slot of their cookie.
  var pieces: RigidArray<ServerPiece>
  var freePieces: RigidArray<UInt32>
  /// Attempts with pieces still to be sent, linked through their `ServerIO`.
  var queueHead = Connection.none
  var queueTail = Connection.none
  /// Attempts given to it that have not ended, and those of them that may take long.
  var attempts = 0
  var slowAttempts = 0
  /// When anything was received last, or attempts began to be given to it after a pause.
  var heardAt = Instant.zero

  /// Received and not yet understood: `start..<end` of its receive area.
  var start = 0
  var end = 0
  var isReceiving = false
  /// Data of a READ that is received straight into the attempt's buffer.
  var directTarget = BufferReference.none
  var directOffset: UInt64 = 0
  var directBytes = 0

  /// The message that is being sent, or that waits for room in the ring.
  var isSending = false
  var sendingVectors = 0
  var sendingBytes = 0
  /// Slots of its pieces.
  var sendingPieces: RigidArray<UInt32>
  /// On the list of connections with something to send or to receive.
  var isDirty = false

  init() {
    let count = ReactorLimits.piecesPerConnection
    pieces = RigidArray(repeating: ServerPiece(), count: count)
    freePieces = RigidArray(capacity: count)
    sendingPieces = RigidArray(capacity: ReactorLimits.piecesPerSend)
  }

  /// Begins anew with a fresh socket.
  mutating func open(
    _ connection: NetworkConnection, splitters: (data: RequestSplitter, range: RequestSplitter),
    filePlace: UInt32
  ) {
    precondition(phase == .vacant)
    let pieceCount = ReactorLimits.piecesPerConnection
    phase = .up
    descriptor = connection.descriptor
    self.filePlace = filePlace
    isPathGone = false
    isFenced = false
    next = Self.none
    encoder = RequestEncoder(flags: connection.export.flags)
    dataSplitter = splitters.data
    rangeSplitter = splitters.range
    transmission = ClientTransmission(
      outstandingMax: pieceCount, structuredReplies: connection.export.structuredReplies)
    freePieces.removeAll()
    for slot in (0..<UInt32(pieceCount)).reversed() { freePieces.append(slot) }
    sendingPieces.removeAll()
    queueHead = Self.none
    queueTail = Self.none
    attempts = 0
    slowAttempts = 0
    start = 0
    end = 0
    isReceiving = false
    directBytes = 0
    isSending = false
    sendingBytes = 0
    isDirty = false
  }

  /// Neither its receive nor its send is with the kernel.
  var isQuiet: Bool { !isReceiving && !isSending }
}

/// One request on the wire: a whole attempt, or a part of one that the server would not take in one piece.
struct ServerPiece: BitwiseCopyable {
  /// The attempt's place in its device's table of pending I/O.
  var place: UInt32 = 0
  /// Where in the attempt it begins.
  var offset: UInt64 = 0
  /// The message that carries it is with the kernel, which may still read its payload.
  var isInSend = false
  /// Answered all the same, with this errno.
  var isAnswered = false
  var errno: Int32 = 0
}

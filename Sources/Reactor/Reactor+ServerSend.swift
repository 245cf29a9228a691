internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import NBD

/// From attempts to the sockets of servers. Requests that become ready in one turn leave in one message, and
/// while it is in flight the next ones gather.
extension Reactor {
  /// Starts a send on every connection that has something to send and none in flight.
  mutating func sendToServers() {
    let count = dirtyConnections.count
    for position in 0..<count {
      let index = dirtyConnections[position]
      guard connections[Int(index)].isDirty else { continue }
      connections[Int(index)].isDirty = false
      guard connections[Int(index)].phase == .up else { continue }
      receiveFromServer(index)
      sendToServer(index)
    }
    dirtyConnections.removeSubrange(0..<count)
  }

  private mutating func sendToServer(_ index: UInt32) {
    guard !connections[Int(index)].isSending else { return }
    if connections[Int(index)].sendingBytes == 0 {
      guard connections[Int(index)].queueHead != Connection.none else { return }
      gatherPieces(index)
      guard connections[Int(index)].sendingBytes > 0 else { return }
    }
    let isQueued = unsafe ring.send(
      connections[Int(index)].filePlace, header: memory.serverMessage(index),
      vectors: memory.serverSendVectors(index), count: connections[Int(index)].sendingVectors,
      CompletionTag(.serverSend, item: index))
    connections[Int(index)].isSending = isQueued
    // The ring is full: the message waits as it is.
    if !isQueued { markDirty(connection: index) }
  }

  /// Makes a message of as much of the queue as fits.
  private mutating func gatherPieces(_ index: UInt32) {
    let device = Int(connections[Int(index)].device)
    var message = unsafe ServerMessageBuilder(
      headers: memory.serverHeaders(index), vectors: memory.serverSendVectors(index))
    while message.hasRoom, connections[Int(index)].queueHead != Connection.none,
      let slot = connections[Int(index)].freePieces.popLast()
    {
      let place = Int(connections[Int(index)].queueHead)
      gatherPiece(index, slot, device, place, &message)
    }
    connections[Int(index)].sendingVectors = message.vectorCount
    connections[Int(index)].sendingBytes = message.bytes
    rotateServerQueue(index, device)
  }

  private mutating func gatherPiece(
    _ index: UInt32, _ slot: UInt32, _ device: Int, _ place: Int,
    _ message: inout ServerMessageBuilder
  ) {
    let io = devices[device].pending[place]
    let operation = io.wireOperation
    let offset = devices[device].servers[place].issuedBytes
    let range = nextPiece(index, io, offset)
    let cookie = connections[Int(index)].transmission.begin(
      slot: Int(slot), operation: operation, range: range)
    unsafe connections[Int(index)].encoder.encode(
      operation, devices[device].servers[place].command, cookie: cookie, range: range,
      into: message.nextHeader)
    message.appendHeader()
    if operation == .write {
      let isZero = io.step == .writeZeroes
      let source = unsafe isZero ? memory.zeroes : memory.address(io.request.buffer, plus: offset)
      unsafe message.appendPayload(source, Int(range.length))
    }
    connections[Int(index)].pieces[Int(slot)] = ServerPiece(
      place: UInt32(place), offset: offset, isInSend: true)
    connections[Int(index)].sendingPieces.append(slot)
    devices[device].servers[place].outstanding += 1
    devices[device].servers[place].issuedBytes = offset + range.length
    if operation == .flush || offset + range.length == io.request.range.length {
      removeFromServerQueue(index, device, place)
    }
  }

  /// The next part of an attempt that the server takes in one piece.
  ///
  /// The range fits the server's blocks and size: the device's do, which was checked when the connection was
  /// opened, and requests fit the device.
  private func nextPiece(_ index: UInt32, _ io: PendingIO, _ offset: UInt64) -> ByteRange {
    let splitter: RequestSplitter?
    switch io.wireOperation {
    case .flush: return .empty
    case .read, .write: splitter = connections[Int(index)].dataSplitter
    case .discard, .writeZeroes: splitter = connections[Int(index)].rangeSplitter
    }
    var pieces = splitter?.pieces(of: io.request.range.dropping(offset))
    guard let piece = pieces?.next() else {
      preconditionFailure("a request that does not fit its device came as far as a server")
    }
    return piece
  }

  /// A large request that could not be sent whole lets the others go first.
  private mutating func rotateServerQueue(_ index: UInt32, _ device: Int) {
    let head = connections[Int(index)].queueHead
    guard head != connections[Int(index)].queueTail,
      devices[device].servers[Int(head)].issuedBytes > 0
    else { return }
    removeFromServerQueue(index, device, Int(head))
    appendToServerQueue(index, device, Int(head))
  }

  mutating func sentToServer(_ index: UInt32, result: Int32) {
    connections[Int(index)].isSending = false
    let bytes = connections[Int(index)].sendingBytes
    connections[Int(index)].sendingBytes = 0
    guard connections[Int(index)].phase == .up else { return finishEnding(index) }
    // Everything goes out in one message or the connection is broken: a request cut short cannot be mended.
    guard Int(result) == bytes else {
      let errno = result < 0 ? -result : Errno.epipe
      return connectionEnded(index, .failed(errno: errno))
    }
    settleSentPieces(index)
    guard connections[Int(index)].phase == .up else { return }
    if connections[Int(index)].queueHead != Connection.none { markDirty(connection: index) }
  }

  /// The kernel has taken the payload: pieces that were answered meanwhile can be concluded.
  private mutating func settleSentPieces(_ index: UInt32) {
    while let slot = connections[Int(index)].sendingPieces.popLast() {
      connections[Int(index)].pieces[Int(slot)].isInSend = false
      let piece = connections[Int(index)].pieces[Int(slot)]
      if piece.isAnswered { concludePiece(index, slot, errno: piece.errno) }
    }
  }
}

/// A message to a server in the making: headers side by side, payloads where they are.
@safe struct ServerMessageBuilder {
  private let headers: UnsafeMutableRawPointer
  private let vectors: UnsafeMutablePointer<mp_vector>
  private var headerCount = 0
  private(set) var vectorCount = 0
  private(set) var bytes = 0
  /// The last vector is of headers, and grows with the next one.
  private var endsInHeader = false

  init(headers: UnsafeMutableRawPointer, vectors: UnsafeMutablePointer<mp_vector>) {
    unsafe self.headers = headers
    unsafe self.vectors = vectors
  }

  var hasRoom: Bool {
    headerCount < ReactorLimits.piecesPerSend && bytes < ReactorLimits.sendBytes
  }

  /// Where the next header is to be made.
  var nextHeader: UnsafeMutableRawPointer {
    unsafe headers + headerCount * RequestHeader.encodedBytes
  }

  mutating func appendHeader() {
    let length = UInt64(RequestHeader.encodedBytes)
    if endsInHeader {
      unsafe vectors[vectorCount - 1].length += length
    } else {
      unsafe vectors[vectorCount] = mp_vector(
        address: UInt64(UInt(bitPattern: nextHeader)), length: length)
      vectorCount += 1
      endsInHeader = true
    }
    headerCount += 1
    bytes += RequestHeader.encodedBytes
  }

  mutating func appendPayload(_ source: UnsafeMutableRawPointer, _ count: Int) {
    unsafe vectors[vectorCount] = mp_vector(
      address: UInt64(UInt(bitPattern: source)), length: UInt64(count))
    vectorCount += 1
    endsInHeader = false
    bytes += count
  }
}

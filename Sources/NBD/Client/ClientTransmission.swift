public import BlockIO

/// The client's side of transmission on one connection: what each byte from the server means.
///
/// It trusts the server in nothing but the bytes of the medium themselves: every cookie, length,
/// offset and type is held against what was asked, and the first that does not fit ends the
/// connection. All memory is taken in `init`. Data never passes through here: the owner is told
/// where it belongs and receives it there.
public struct ClientTransmission: ~Copyable, Sendable {
  private let structuredReplies: Bool
  private var requests: [OutstandingRequest]
  public private(set) var outstandingCount = 0
  private var stage = Stage.field(.magic)
  /// A field that came in pieces, as far as it has come.
  private var pieces = InlineArray<16, UInt8>(repeating: 0)
  private var piecesBytes = 0

  /// What the next bytes are, or what the owner is told before there are any.
  private enum Stage {
    case field(ReplyField)
    /// A message for people, and what follows it in its chunk.
    case skip(remainingBytes: Int, ReplyChunk)
    case data(slot: Int, offset: Int, count: Int, isLast: Bool)
    case hole(slot: Int, offset: Int, count: Int, isLast: Bool)
    case finish(slot: Int)
    case failed(TransmissionLie)
  }

  /// Slots are 0 to `outstandingMax` - 1.
  public init(outstandingMax: Int, structuredReplies: Bool) {
    precondition((1...65536).contains(outstandingMax))
    self.structuredReplies = structuredReplies
    requests = Array(repeating: OutstandingRequest(), count: outstandingMax)
  }

  /// Notes a request that is about to be sent, in a free slot; sent with the cookie returned.
  ///
  /// The range must be what goes on the wire: at most 4 GiB - 1, empty for a flush and for nothing
  /// else.
  public mutating func begin(
    slot: Int, operation: Operation, range: ByteRange
  ) -> RequestCookie {
    precondition(!requests[slot].isOutstanding, "the slot is taken")
    precondition(range.length <= UInt32.max && range.isEmpty == (operation == .flush))
    let generation = requests[slot].generation &+ 1
    var request = OutstandingRequest()
    request.generation = generation
    request.isOutstanding = true
    request.operation = operation
    request.offsetBytes = range.offset
    request.lengthBytes = UInt32(range.length)
    requests[slot] = request
    outstandingCount += 1
    return RequestCookie(slot: slot, generation: generation)
  }

  /// Takes the next bytes from the server up to the next thing that the owner has to do.
  ///
  /// Called again with the rest, which may be empty, until more is needed. After a failure it
  /// consumes nothing and says the same again.
  public mutating func step(_ bytes: RawSpan) -> ClientProgress {
    var consumedBytes = 0
    while true {
      switch stage {
      case .field(let field):
        let rest = bytes.extracting(droppingFirst: consumedBytes)
        guard receive(field, rest, &consumedBytes) else {
          return ClientProgress(consumedBytes: consumedBytes, step: .needMore)
        }
      case .skip(let remainingBytes, let chunk):
        let count = min(remainingBytes, bytes.byteCount - consumedBytes)
        consumedBytes += count
        guard count == remainingBytes else {
          stage = .skip(remainingBytes: remainingBytes - count, chunk)
          return ClientProgress(consumedBytes: consumedBytes, step: .needMore)
        }
        endMessage(chunk)
      case .data, .hole, .finish, .failed:
        return ClientProgress(consumedBytes: consumedBytes, step: tell())
      }
    }
  }

  /// The owner has moved `count` bytes of the data announced last into the request's buffer.
  public mutating func tookData(_ count: Int) {
    guard case .data(let slot, let offset, let missing, let isLast) = stage else {
      preconditionFailure("no data was announced")
    }
    precondition((0...missing).contains(count))
    if count < missing {
      stage = .data(slot: slot, offset: offset + count, count: missing - count, isLast: isLast)
    } else {
      endChunk(slot: slot, isLast: isLast)
    }
  }

  /// Says what the owner has to do, and goes on to what comes after it.
  private mutating func tell() -> ClientStep {
    switch stage {
    case .field, .skip: preconditionFailure("bytes are needed first")
    case .data(let slot, let offset, let count, _):
      return .data(cookie(slot), offset: offset, count: count)
    case .hole(let slot, let offset, let count, let isLast):
      let step = ClientStep.hole(cookie(slot), offset: offset, count: count)
      endChunk(slot: slot, isLast: isLast)
      return step
    case .finish(let slot):
      return finish(slot)
    case .failed(let lie):
      return .failed(lie)
    }
  }

  private mutating func finish(_ slot: Int) -> ClientStep {
    let request = requests[slot]
    if request.errno == 0, request.operation == .read,
      !request.covered.coversAll(length: request.lengthBytes)
    {
      let lie = TransmissionLie.dataMissing(cookie(slot).rawValue)
      stage = .failed(lie)
      return .failed(lie)
    }
    requests[slot].isOutstanding = false
    outstandingCount -= 1
    stage = .field(.magic)
    return .finished(
      cookie(slot), request.errno == 0 ? .success : .failure(errno: request.errno))
  }

  private func cookie(_ slot: Int) -> RequestCookie {
    RequestCookie(slot: slot, generation: requests[slot].generation)
  }

  /// Takes a field from the front of the input, or a piece of it; false when more is needed.
  private mutating func receive(
    _ field: ReplyField, _ bytes: RawSpan, _ consumedBytes: inout Int
  ) -> Bool {
    let wanted = field.encodedBytes
    do {
      if piecesBytes == 0, bytes.byteCount >= wanted {
        consumedBytes += wanted
        try accept(field, bytes.extracting(first: wanted))
        return true
      }
      let count = min(wanted - piecesBytes, bytes.byteCount)
      for index in 0..<count {
        pieces[piecesBytes + index] = bytes.bigEndian(at: index, as: UInt8.self)
      }
      consumedBytes += count
      piecesBytes += count
      guard piecesBytes == wanted else { return false }
      piecesBytes = 0
      let whole = pieces
      try unsafe accept(field, whole.span.bytes)
    } catch {
      stage = .failed(error)
    }
    return true
  }

  private mutating func accept(
    _ field: ReplyField, _ bytes: RawSpan
  ) throws(TransmissionLie) {
    switch field {
    case .magic: try acceptMagic(bytes.bigEndian(at: 0))
    case .simple: try acceptSimple(error: bytes.bigEndian(at: 0), cookie: bytes.bigEndian(at: 4))
    case .chunk: try acceptChunk(bytes)
    case .dataOffset(let chunk):
      let count = chunk.lengthBytes - 8
      let place = try cover(chunk, offsetBytes: bytes.bigEndian(at: 0), lengthBytes: count)
      stage = .data(slot: chunk.slot, offset: place, count: Int(count), isLast: chunk.isLast)
    case .hole(let chunk):
      let count: UInt32 = bytes.bigEndian(at: 8)
      guard count > 0 else { throw .emptyContent }
      let place = try cover(chunk, offsetBytes: bytes.bigEndian(at: 0), lengthBytes: count)
      stage = .hole(slot: chunk.slot, offset: place, count: Int(count), isLast: chunk.isLast)
    case .error(let chunk):
      try acceptError(
        chunk, error: bytes.bigEndian(at: 0), messageBytes: bytes.bigEndian(at: 4))
    case .errorOffset(let chunk):
      let offset: UInt64 = bytes.bigEndian(at: 0)
      guard requests[chunk.slot].place(offsetBytes: offset, lengthBytes: 1) != nil else {
        throw .errorOutsideRequest(offsetBytes: offset)
      }
      endChunk(slot: chunk.slot, isLast: chunk.isLast)
    }
  }

  private mutating func acceptMagic(_ magic: UInt32) throws(TransmissionLie) {
    switch magic {
    case NBDMagic.simpleReply: stage = .field(.simple)
    case NBDMagic.structuredReply:
      guard structuredReplies else { throw .structuredNotNegotiated }
      stage = .field(.chunk)
    default: throw .badReplyMagic(magic)
    }
  }

  private mutating func acceptSimple(
    error: UInt32, cookie: UInt64
  ) throws(TransmissionLie) {
    let slot = try outstandingSlot(cookie)
    let request = requests[slot]
    guard !request.isPartlyAnswered else { throw .mixedReplies(cookie) }
    guard request.operation != .read || !structuredReplies else {
      throw .simpleReplyToRead(cookie)
    }
    guard error == 0 else {
      requests[slot].errno = NBDError.errno(wireValue: error)
      stage = .finish(slot: slot)
      return
    }
    guard request.operation == .read else {
      stage = .finish(slot: slot)
      return
    }
    _ = requests[slot].covered.insert(start: 0, length: request.lengthBytes)
    stage = .data(slot: slot, offset: 0, count: Int(request.lengthBytes), isLast: true)
  }

  private mutating func acceptChunk(_ bytes: RawSpan) throws(TransmissionLie) {
    let slot = try outstandingSlot(bytes.bigEndian(at: 4))
    let chunk = ReplyChunk(
      slot: slot, isLast: bytes.bigEndian(at: 0, as: UInt16.self) & 1 != 0,
      type: bytes.bigEndian(at: 2), lengthBytes: bytes.bigEndian(at: 12))
    requests[slot].isPartlyAnswered = true
    if let field = try chunk.firstField(of: requests[slot]) {
      stage = .field(field)
    } else {
      stage = .finish(slot: slot)
    }
  }

  private mutating func acceptError(
    _ chunk: ReplyChunk, error: UInt32, messageBytes: UInt16
  ) throws(TransmissionLie) {
    let slot = chunk.slot
    guard error != 0 else { throw .errorWithoutNumber }
    let skippedBytes = try chunk.bytesSkipped(messageBytes: messageBytes)
    guard requests[slot].errorChunks < NBDLimits.errorChunksMax else {
      throw .tooManyErrors(cookie(slot).rawValue)
    }
    requests[slot].errorChunks += 1
    if requests[slot].errno == 0 { requests[slot].errno = NBDError.errno(wireValue: error) }
    stage = .skip(remainingBytes: skippedBytes, chunk)
  }

  private mutating func endMessage(_ chunk: ReplyChunk) {
    if chunk.type == ChunkType.errorOffset.rawValue {
      stage = .field(.errorOffset(chunk))
    } else {
      endChunk(slot: chunk.slot, isLast: chunk.isLast)
    }
  }

  private mutating func endChunk(slot: Int, isLast: Bool) {
    stage = isLast ? .finish(slot: slot) : .field(.magic)
  }

  private func outstandingSlot(_ rawCookie: UInt64) throws(TransmissionLie) -> Int {
    let cookie = RequestCookie(rawValue: rawCookie)
    guard cookie.slot < requests.count else { throw .unknownCookie(rawCookie) }
    let present = requests[cookie.slot].generation
    if cookie.generation == present, requests[cookie.slot].isOutstanding { return cookie.slot }
    // Generations begin at 1 and a connection does not live for 2^32 requests of one slot.
    throw (1...max(present, 1)).contains(cookie.generation) && present > 0
      ? .answeredTwice(rawCookie) : .unknownCookie(rawCookie)
  }

  /// Notes that these bytes have come; their place in the request's buffer.
  private mutating func cover(
    _ chunk: ReplyChunk, offsetBytes: UInt64, lengthBytes: UInt32
  ) throws(TransmissionLie) -> Int {
    let slot = chunk.slot
    guard
      let place = requests[slot].place(offsetBytes: offsetBytes, lengthBytes: lengthBytes)
    else { throw .dataOutsideRequest(offsetBytes: offsetBytes, lengthBytes: lengthBytes) }
    switch requests[slot].covered.insert(start: place, length: lengthBytes) {
    case .inserted: return Int(place)
    case .overlaps: throw .dataTwice(offsetBytes: offsetBytes, lengthBytes: lengthBytes)
    case .full: throw .tooManyRuns(cookie(slot).rawValue)
    }
  }
}

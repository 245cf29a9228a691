internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import NBD

/// From the socket to requests.
extension Reactor {
  /// Asks the kernel for more bytes: first the rest of a payload, straight into its buffer, then as many
  /// requests as fit the receive area.
  mutating func receiveMore(_ index: UInt32) {
    let session = sessions[Int(index)]
    guard !session.isReceiving, !session.isAtEnd, !session.isStarved else { return }
    switch session.phase {
    case .negotiating, .serving: break
    case .vacant, .draining, .closing: return
    }
    if session.isLeaving, session.isBetweenRequests { return releaseIfAtRest(index) }
    makeRoom(index)
    let end = sessions[Int(index)].end
    var area = unsafe UnsafeMutableRawBufferPointer(
      rebasing: memory.receiveArea(Int(index))[end...])
    if session.isLeaving {
      unsafe area = UnsafeMutableRawBufferPointer(
        rebasing: area.prefix(wantedBytes(sessions[Int(index)])))
    }
    let tag = CompletionTag(.receive, item: index)
    let isQueued: Bool
    if session.payloadSlot == Session.none {
      isQueued = unsafe ring.receive(index, area, tag)
    } else {
      isQueued = unsafe receivePayload(index, then: area, tag)
    }
    sessions[Int(index)].isReceiving = isQueued
    if !isQueued {
      // The ring is full: parsed, and so asked for, again next turn.
      markStarved(index)
      hasReleased = true
    }
  }

  private mutating func receivePayload(
    _ index: UInt32, then area: UnsafeMutableRawBufferPointer, _ tag: CompletionTag
  ) -> Bool {
    let session = sessions[Int(index)]
    let device = Int(session.device)
    let payload = devices[device].engine.payload(of: session.payloadSlot)
    let target = unsafe memory.address(payload.buffer, plus: UInt64(session.payloadDone))
    let vectors = unsafe memory.receiveVectors(Int(index))
    unsafe vectors[0] = mp_vector(
      address: UInt64(UInt(bitPattern: target)),
      length: UInt64(payload.bytes - session.payloadDone))
    unsafe vectors[1] = mp_vector(
      address: UInt64(UInt(bitPattern: area.baseAddress)), length: UInt64(area.count))
    return unsafe ring.receive(index, vectors: vectors, count: area.isEmpty ? 1 : 2, tag)
  }

  /// Moves what is unparsed to the front when the area has run short at the back.
  private mutating func makeRoom(_ index: UInt32) {
    let session = sessions[Int(index)]
    if session.start == session.end {
      sessions[Int(index)].start = 0
      sessions[Int(index)].end = 0
      return
    }
    guard
      session.start > ReactorLimits.receiveBytes / 2
        || session.end == ReactorLimits.receiveBytes
    else { return }
    guard let base = unsafe memory.receiveArea(Int(index)).baseAddress else { return }
    unsafe base.copyMemory(from: base + session.start, byteCount: session.end - session.start)
    sessions[Int(index)].end -= session.start
    sessions[Int(index)].start = 0
  }

  mutating func received(_ index: UInt32, result: Int32) {
    sessions[Int(index)].isReceiving = false
    sessions[Int(index)].heardAt = now
    if sessions[Int(index)].phase == .closing { return finishClose(index) }
    if isLeftByKernel(index) { return beginClose(index) }
    if result == -EAGAIN || result == -EINTR { return receiveMore(index) }
    if result == -Errno.ecanceled, sessions[Int(index)].isLeaving { return parse(index) }
    guard result > 0 else { return reachedEnd(index, isError: result < 0) }
    var count = Int(result)
    if sessions[Int(index)].payloadSlot != Session.none {
      count -= takePayload(index, count)
    }
    sessions[Int(index)].end += count
    if sessions[Int(index)].phase == .negotiating { negotiate(index) } else { parse(index) }
  }

  /// Books payload that arrived in its buffer; the number of bytes that belonged to it.
  private mutating func takePayload(_ index: UInt32, _ available: Int) -> Int {
    let session = sessions[Int(index)]
    let payload = devices[Int(session.device)].engine.payload(of: session.payloadSlot)
    let taken = min(available, payload.bytes - session.payloadDone)
    sessions[Int(index)].payloadDone += taken
    if sessions[Int(index)].payloadDone == payload.bytes { beginWrite(index) }
    return taken
  }

  private mutating func beginWrite(_ index: UInt32) {
    let session = sessions[Int(index)]
    sessions[Int(index)].payloadSlot = Session.none
    devices[Int(session.device)].engine.begin(
      session.payloadSlot, at: now, arena: &arena, effects: &effects)
    drainEffects(Int(session.device))
  }

  /// The client will send no more. What it sent whole is carried out and answered; a request whose
  /// payload was cut off is not.
  private mutating func reachedEnd(_ index: UInt32, isError: Bool) {
    sessions[Int(index)].isAtEnd = true
    switch sessions[Int(index)].phase {
    case .negotiating:
      if isError || !sessions[Int(index)].isSending { beginClose(index) }
    case .serving, .draining:
      if isError || isGivenUpByKernel(index) { return beginClose(index) }
      sessions[Int(index)].phase = .draining
      parse(index)
    case .vacant, .closing: break
    }
  }

  // MARK: Parsing

  private enum ParseStep {
    case again
    /// The rest needs more bytes.
    case needsBytes
    /// The session waits for a request place or a buffer.
    case starved
    /// Nothing after this is read.
    case ended
  }

  /// Parses whatever is complete, then asks for more.
  mutating func parse(_ index: UInt32) {
    var step = ParseStep.again
    while step == .again { step = parseOne(index) }
    switch step {
    case .again, .ended: break
    case .starved: markStarved(index)
    case .needsBytes:
      if sessions[Int(index)].isAtEnd {
        dropIncomplete(index)
      } else {
        receiveMore(index)
      }
    }
    closeIfDrained(index)
  }

  /// The stream ended inside a request: its place is given back and nothing is written.
  private mutating func dropIncomplete(_ index: UInt32) {
    let session = sessions[Int(index)]
    for slot in [session.payloadSlot, session.swallowSlot] where slot != Session.none {
      devices[Int(session.device)].engine.cancel(
        slot, account: &sessions[Int(index)].account, arena: &arena)
      hasReleased = true
    }
    sessions[Int(index)].payloadSlot = Session.none
    sessions[Int(index)].swallowSlot = Session.none
    sessions[Int(index)].swallowBytes = 0
    sessions[Int(index)].start = sessions[Int(index)].end
  }

  mutating func markStarved(_ index: UInt32) {
    guard !sessions[Int(index)].isStarved else { return }
    sessions[Int(index)].isStarved = true
    starved.append(index)
    scheduleHousekeeping()
  }

  private mutating func parseOne(_ index: UInt32) -> ParseStep {
    switch sessions[Int(index)].phase {
    case .vacant, .closing, .negotiating: return .ended
    case .serving, .draining: break
    }
    if sessions[Int(index)].swallowBytes > 0 || sessions[Int(index)].swallowSlot != Session.none {
      return swallow(index)
    }
    if sessions[Int(index)].payloadSlot != Session.none { return copyPayload(index) }
    let session = sessions[Int(index)]
    guard session.end - session.start >= session.terms.replies.requestHeaderBytes else {
      return .needsBytes
    }
    let bytes = unsafe UnsafeRawBufferPointer(
      rebasing: memory.receiveArea(Int(index))[session.start..<session.end])
    let header = unsafe RequestHeader.decode(bytes.bytes, session.terms.replies)
    return act(on: header, index)
  }

  private mutating func act(on header: RequestHeader, _ index: UInt32) -> ParseStep {
    let device = Int(sessions[Int(index)].device)
    let terms = sessions[Int(index)].terms
    switch RequestCheck.decide(header, limits: devices[device].limits, terms: terms) {
    case .accept(let operation, let flags, let range):
      guard let slot = reserve(operation, flags, range, header, index) else { return .starved }
      return start(slot, operation, index)
    case .describe(let range, let one):
      // The place is that of a read which no path is asked for.
      guard let room = ByteRange(offset: 0, length: ReactorLimits.allocationBytes),
        let slot = reserve(.read, [], room, header, index)
      else { return .starved }
      describe(device, slot, range, requestOne: one, session: index)
      return .again
    case .acknowledge: return answer(header, index, errno: 0, swallowing: 0)
    case .reject(let error, let payloadBytes):
      return answer(
        header, index, errno: Int32(bitPattern: error.rawValue), swallowing: Int(payloadBytes))
    case .disconnect:
      sessions[Int(index)].phase = .draining
      sessions[Int(index)].start = sessions[Int(index)].end
      return .ended
    case .fatal:
      beginClose(index)
      return .ended
    }
  }

  /// A place for a request. Its header is consumed only now, so that a session that has to wait finds it again.
  private mutating func reserve(
    _ operation: BlockIO.Operation, _ flags: OperationFlags, _ range: ByteRange,
    _ header: RequestHeader, _ index: UInt32
  ) -> UInt32? {
    let device = Int(sessions[Int(index)].device)
    let slot = devices[device].engine.reserve(
      operation, flags: flags, range: range, session: index, cookie: header.cookie,
      account: &sessions[Int(index)].account, arena: &arena)
    guard let slot else { return nil }
    devices[device].setNote(slot, ReplyNote(offset: header.offset))
    sessions[Int(index)].start += sessions[Int(index)].terms.replies.requestHeaderBytes
    return slot
  }

  private mutating func start(
    _ slot: UInt32, _ operation: BlockIO.Operation, _ index: UInt32
  ) -> ParseStep {
    if operation == .write {
      sessions[Int(index)].payloadSlot = slot
      sessions[Int(index)].payloadDone = 0
      return .again
    }
    let device = Int(sessions[Int(index)].device)
    devices[device].engine.begin(slot, at: now, arena: &arena, effects: &effects)
    drainEffects(device)
    return .again
  }

  /// A request that needs no I/O: answered at once, or after its payload has been thrown away.
  private mutating func answer(
    _ header: RequestHeader, _ index: UInt32, errno: Int32, swallowing: Int
  ) -> ParseStep {
    guard let slot = reserve(.flush, [], .empty, header, index) else { return .starved }
    sessions[Int(index)].swallowBytes = swallowing
    sessions[Int(index)].swallowSlot = slot
    sessions[Int(index)].swallowErrno = errno
    return .again
  }

  private mutating func swallow(_ index: UInt32) -> ParseStep {
    let session = sessions[Int(index)]
    let taken = min(session.swallowBytes, session.end - session.start)
    sessions[Int(index)].start += taken
    sessions[Int(index)].swallowBytes -= taken
    guard sessions[Int(index)].swallowBytes == 0 else { return .needsBytes }
    sessions[Int(index)].swallowSlot = Session.none
    let device = Int(session.device)
    devices[device].engine.answer(
      session.swallowSlot, errno: session.swallowErrno, effects: &effects)
    drainEffects(device)
    return .again
  }

  /// Payload that came along with its header is copied; the rest will be received in place.
  private mutating func copyPayload(_ index: UInt32) -> ParseStep {
    let session = sessions[Int(index)]
    let payload = devices[Int(session.device)].engine.payload(of: session.payloadSlot)
    let taken = min(payload.bytes - session.payloadDone, session.end - session.start)
    if taken > 0, let base = unsafe memory.receiveArea(Int(index)).baseAddress {
      unsafe memory.address(payload.buffer, plus: UInt64(session.payloadDone)).copyMemory(
        from: base + session.start, byteCount: taken)
      sessions[Int(index)].start += taken
      sessions[Int(index)].payloadDone += taken
    }
    guard sessions[Int(index)].payloadDone == payload.bytes else { return .needsBytes }
    beginWrite(index)
    return .again
  }
}

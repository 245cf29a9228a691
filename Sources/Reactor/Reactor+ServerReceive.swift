internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import NBD

/// From the sockets of servers to answers. `ClientTransmission` checks every byte but the medium's own.
extension Reactor {
  /// Asks the kernel for more bytes: first the rest of a READ's data, straight into its buffer, then whatever
  /// follows. One is always asked for, so that the end of a connection is heard at once.
  mutating func receiveFromServer(_ index: UInt32) {
    guard connections[Int(index)].phase == .up, !connections[Int(index)].isReceiving else { return }
    makeServerRoom(index)
    let place = connections[Int(index)].filePlace
    let area = unsafe UnsafeMutableRawBufferPointer(
      rebasing: memory.serverArea(index)[connections[Int(index)].end...])
    let tag = CompletionTag(.serverReceive, item: index)
    let isQueued: Bool
    let directBytes = connections[Int(index)].directBytes
    if directBytes == 0 {
      isQueued = unsafe ring.receive(place, area, tag)
    } else {
      let target = unsafe memory.address(
        connections[Int(index)].directTarget, plus: connections[Int(index)].directOffset)
      let vectors = unsafe memory.serverReceiveVectors(index)
      unsafe vectors[0] = mp_vector(
        address: UInt64(UInt(bitPattern: target)), length: UInt64(directBytes))
      unsafe vectors[1] = mp_vector(
        address: UInt64(UInt(bitPattern: area.baseAddress)), length: UInt64(area.count))
      isQueued = unsafe ring.receive(place, vectors: vectors, count: 2, tag)
    }
    connections[Int(index)].isReceiving = isQueued
    // The ring is full: asked for again next turn.
    if !isQueued { markDirty(connection: index) }
  }

  /// Moves what is not understood yet to the front. It is little: part of one header at most.
  private mutating func makeServerRoom(_ index: UInt32) {
    let start = connections[Int(index)].start
    guard start > 0, let base = unsafe memory.serverArea(index).baseAddress else { return }
    let count = connections[Int(index)].end - start
    if count > 0 { unsafe base.copyMemory(from: base + start, byteCount: count) }
    connections[Int(index)].start = 0
    connections[Int(index)].end = count
  }

  mutating func receivedFromServer(_ index: UInt32, result: Int32) {
    connections[Int(index)].isReceiving = false
    guard connections[Int(index)].phase == .up else { return finishEnding(index) }
    if result == -Errno.eagain || result == -4 /* EINTR */ { return receiveFromServer(index) }
    guard result != 0 else { return connectionEnded(index, .hungUp) }
    guard result > 0 else { return connectionEnded(index, .failed(errno: -result)) }
    connections[Int(index)].heardAt = now
    var count = Int(result)
    if connections[Int(index)].directBytes > 0 {
      let taken = min(count, connections[Int(index)].directBytes)
      connections[Int(index)].directBytes -= taken
      connections[Int(index)].directOffset += UInt64(taken)
      connections[Int(index)].transmission.tookData(taken)
      count -= taken
    }
    connections[Int(index)].end += count
    if connections[Int(index)].directBytes == 0 { understand(index) }
    receiveFromServer(index)
  }

  /// Goes through all that has come.
  private mutating func understand(_ index: UInt32) {
    while connections[Int(index)].phase == .up {
      let bytes = unsafe UnsafeRawBufferPointer(
        rebasing: memory.serverArea(index)[
          connections[Int(index)].start..<connections[Int(index)].end])
      let progress = unsafe connections[Int(index)].transmission.step(bytes.bytes)
      connections[Int(index)].start += progress.consumedBytes
      switch progress.step {
      case .needMore: return
      case .data(let cookie, let offset, let count):
        guard takeServerData(index, cookie, offset, count) else { return }
      case .hole(let cookie, let offset, let count):
        let (buffer, place) = target(index, cookie, offset)
        unsafe memory.address(buffer, plus: place).initializeMemory(
          as: UInt8.self, repeating: 0, count: count)
      case .finished(let cookie, let outcome):
        pieceAnswered(index, UInt32(cookie.slot), errno: outcome.errno)
      case .failed(let lie): connectionEnded(index, .lied(lie))
      }
    }
  }

  /// Where a place in a piece is in the arena.
  private func target(
    _ index: UInt32, _ cookie: RequestCookie, _ offset: Int
  ) -> (BufferReference, UInt64) {
    let piece = connections[Int(index)].pieces[cookie.slot]
    let device = Int(connections[Int(index)].device)
    let buffer = devices[device].pending[Int(piece.place)].request.buffer
    return (buffer, piece.offset + UInt64(offset))
  }

  /// Copies data that has come along with its header; what is missing will be received in place. False when
  /// something is missing.
  private mutating func takeServerData(
    _ index: UInt32, _ cookie: RequestCookie, _ offset: Int, _ count: Int
  ) -> Bool {
    let (buffer, place) = target(index, cookie, offset)
    precondition(place + UInt64(count) <= UInt64(buffer.capacity), "data beyond its buffer")
    let start = connections[Int(index)].start
    let taken = min(count, connections[Int(index)].end - start)
    if taken > 0, let base = unsafe memory.serverArea(index).baseAddress {
      unsafe memory.address(buffer, plus: place).copyMemory(from: base + start, byteCount: taken)
      connections[Int(index)].start += taken
      connections[Int(index)].transmission.tookData(taken)
    }
    guard taken < count else { return true }
    connections[Int(index)].directTarget = buffer
    connections[Int(index)].directOffset = place + UInt64(taken)
    connections[Int(index)].directBytes = count - taken
    return false
  }

  /// A piece whose payload is still with the kernel is concluded when that has sent it, lest its buffer be
  /// used for something else before.
  private mutating func pieceAnswered(_ index: UInt32, _ slot: UInt32, errno: Int32) {
    if connections[Int(index)].pieces[Int(slot)].isInSend {
      connections[Int(index)].pieces[Int(slot)].isAnswered = true
      connections[Int(index)].pieces[Int(slot)].errno = errno
    } else {
      concludePiece(index, slot, errno: errno)
    }
    if errno == Errno.eshutdown { connectionEnded(index, .shuttingDown) }
  }
}

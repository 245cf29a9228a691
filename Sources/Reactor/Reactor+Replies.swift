internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import NBD

/// From answers to the socket. Replies that become ready in one turn leave in one send, and while a send
/// is in flight the next ones gather: batching follows the load by itself.
extension Reactor {
  mutating func queueReply(_ device: Int, _ slot: UInt32) {
    let reply = devices[device].engine.reply(for: slot)
    let index = reply.session
    if isStopping, reply.errno == Errno.eshutdown, sessions[Int(index)].isKernel {
      return cutOff(index)
    }
    let tail = sessions[Int(index)].replyTail
    devices[device].replyNext[Int(slot)] = Session.none
    if tail == Session.none {
      sessions[Int(index)].replyHead = slot
    } else {
      devices[device].replyNext[Int(tail)] = slot
    }
    sessions[Int(index)].replyTail = slot
    markDirty(index)
  }

  private mutating func markDirty(_ index: UInt32) {
    guard !sessions[Int(index)].isDirty else { return }
    sessions[Int(index)].isDirty = true
    dirty.append(index)
  }

  /// Starts a send for every session that has replies and none in flight.
  mutating func sendDirty() {
    let count = dirty.count
    for position in 0..<count {
      let index = dirty[position]
      guard sessions[Int(index)].isDirty else { continue }
      sessions[Int(index)].isDirty = false
      sendReplies(index)
    }
    // Those that found the ring full have been put at the end again.
    dirty.removeSubrange(0..<count)
  }

  private mutating func sendReplies(_ index: UInt32) {
    let session = sessions[Int(index)]
    guard !session.isSending, session.replyHead != Session.none else { return }
    switch session.phase {
    case .serving, .draining: break
    case .vacant, .negotiating, .closing: return
    }
    let device = Int(session.device)
    let vectors = unsafe memory.sendVectors(Int(index))
    var count = 0
    var bytes = 0
    var slot = session.replyHead
    var last = Session.none
    var replies = 0
    while slot != Session.none, replies < ReactorLimits.repliesPerSend {
      let reply = devices[device].engine.reply(for: slot)
      let header = unsafe devices[device].header(slot)
      let note = devices[device].note(slot)
      let headerBytes = unsafe ReplyHeader.encode(
        Self.content(of: reply, note), cookie: reply.cookie, offset: note.offset,
        session.terms.replies, into: header)
      unsafe vectors[count] = mp_vector(
        address: UInt64(UInt(bitPattern: header)), length: UInt64(headerBytes))
      count += 1
      bytes += headerBytes + Int(reply.dataBytes)
      if reply.dataBytes > 0 {
        unsafe vectors[count] = mp_vector(
          address: UInt64(UInt(bitPattern: memory.address(reply.buffer))),
          length: UInt64(reply.dataBytes))
        count += 1
      }
      last = slot
      slot = devices[device].replyNext[Int(slot)]
      replies += 1
    }
    let isQueued = unsafe ring.send(
      index, header: memory.message(Int(index)), vectors: vectors, count: count,
      CompletionTag(.send, item: index))
    guard isQueued else {
      // The ring is full; the turn after next reaping has room.
      markDirty(index)
      return
    }
    devices[device].replyNext[Int(last)] = Session.none
    sessions[Int(index)].replyHead = slot
    if slot == Session.none { sessions[Int(index)].replyTail = Session.none }
    sessions[Int(index)].sendingHead = session.replyHead
    sessions[Int(index)].sendingBytes = bytes
    sessions[Int(index)].isSending = true
    sessions[Int(index)].since = now
  }

  private static func content(of reply: Reply, _ note: ReplyNote) -> ReplyContent {
    if reply.errno != 0 { return .failure(NBDError(errno: reply.errno)) }
    if note.extents > 0 { return .allocation(extents: note.extents) }
    return reply.dataBytes > 0 ? .data(bytes: reply.dataBytes) : .success
  }

  mutating func sent(_ index: UInt32, result: Int32) {
    sessions[Int(index)].isSending = false
    settleSent(index)
    let session = sessions[Int(index)]
    if session.phase == .closing { return finishClose(index) }
    // Everything goes out in one message or the connection is broken: a reply cut short cannot be mended.
    if Int(result) != session.sendingBytes { return beginClose(index) }
    if session.phase == .negotiating { return negotiationAnswered(index) }
    if session.replyHead != Session.none { markDirty(index) }
    closeIfDrained(index)
  }

  /// Frees the requests whose replies were in the send that has just ended.
  private mutating func settleSent(_ index: UInt32) {
    let device = Int(sessions[Int(index)].device)
    var slot = sessions[Int(index)].sendingHead
    sessions[Int(index)].sendingHead = Session.none
    while slot != Session.none {
      let next = devices[device].replyNext[Int(slot)]
      devices[device].engine.replySent(
        slot, account: &sessions[Int(index)].account, arena: &arena)
      hasReleased = true
      slot = next
    }
  }
}

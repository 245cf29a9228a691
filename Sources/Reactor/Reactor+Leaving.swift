internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import NBD

/// The kernel's connections when this process ends.
///
/// The kernel asks again, on its next connection, what was not answered. So nothing that can be answered later is
/// answered with an error now. And when another process is to go on with the connection, it leaves between two
/// requests: what has begun to arrive is received to its end, and no byte more.
extension Reactor {
  /// Takes no further requests from the kernel's connections, and gives them away as they come to rest.
  mutating func beginLeaving() {
    for index in 0..<UInt32(sessions.count)
    where sessions[Int(index)].phase == .serving && sessions[Int(index)].isKernel {
      sessions[Int(index)].isLeaving = true
      guard sessions[Int(index)].isReceiving else {
        releaseIfAtRest(index)
        continue
      }
      guard sessions[Int(index)].isBetweenRequests else { continue }
      let isQueued = ring.cancel(
        CompletionTag(.receive, item: index), CompletionTag(.cancel))
      if !isQueued { cutOff(index) }
    }
  }

  /// How much of a leaving session's bytes may be received outside a payload: the rest of a header, or of what
  /// is thrown away.
  func wantedBytes(_ session: Session) -> Int {
    if session.payloadSlot != Session.none { return 0 }
    if session.swallowBytes > 0 { return session.swallowBytes }
    return session.terms.replies.requestHeaderBytes - (session.end - session.start)
  }

  mutating func releaseIfAtRest(_ index: UInt32) {
    let session = sessions[Int(index)]
    guard session.isLeaving, session.phase == .serving, session.isBetweenRequests,
      !session.isReceiving, !session.isSending, !session.isStarved, !session.isCutOff,
      session.account.slots == 0, session.replyHead == Session.none
    else { return }
    let device = Int(session.device)
    _ = ring.setFile(-1, at: index)
    memory.forgetReceiveArea(Int(index))
    sessions[Int(index)].phase = .vacant
    freeSessions.append(index)
    devices[device].sessions -= 1
    devices[device].kernelSessions -= 1
    report(.released(device: devices[device].id, descriptor: session.descriptor))
    endIfDestroyed(device)
  }

  /// Has the session closed at the end of this turn: its client will ask again.
  mutating func cutOff(_ index: UInt32) {
    sessions[Int(index)].isCutOff = true
    hasCutOff = true
  }

  mutating func closeCutOff() {
    hasCutOff = false
    for index in 0..<UInt32(sessions.count) where sessions[Int(index)].isCutOff {
      sessions[Int(index)].isCutOff = false
      beginClose(index)
    }
  }
}

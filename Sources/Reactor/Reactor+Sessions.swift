internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import NBD

/// Sessions come and go.
extension Reactor {
  mutating func admit(
    _ descriptor: Int32, _ id: UInt32, isReadOnly: Bool, isKernel: Bool
  ) {
    guard let device = device(id) else {
      close(descriptor)
      return
    }
    if isKernel { closeLeftByKernel(device) }
    guard let index = welcome(descriptor, device, ListenerHost.own, isReadOnly: isReadOnly)
    else { return }
    if isKernel { markAsKernel(index) }
  }

  private mutating func markAsKernel(_ index: UInt32) {
    sessions[Int(index)].isKernel = true
    devices[Int(sessions[Int(index)].device)].kernelSessions += 1
  }

  /// Goes on with a connection whose handshake another process has done.
  mutating func adopt(_ descriptor: Int32, _ id: UInt32, exportBytes: UInt64) {
    guard let device = device(id), let index = seat(descriptor, device, ListenerHost.own) else {
      close(descriptor)
      return
    }
    sessions[Int(index)].phase = .serving
    markAsKernel(index)
    sessions[Int(index)].exportBytes = exportBytes
    receiveMore(index)
  }

  /// A place for a connection; nil when there is none.
  private mutating func seat(_ descriptor: Int32, _ device: Int, _ place: Int) -> UInt32? {
    guard devices[device].isOpen, devices[device].ending == nil, !isStopping,
      place == ListenerHost.own || devices[device].listeners[place].descriptor >= 0,
      let index = freeSessions.popLast()
    else { return nil }
    guard ring.setFile(descriptor, at: index) == 0 else {
      freeSessions.append(index)
      return nil
    }
    devices[device].haveHeaders()
    mp_tune_client_socket(descriptor)
    sessions[Int(index)] = Session()
    sessions[Int(index)].descriptor = descriptor
    sessions[Int(index)].device = UInt32(device)
    sessions[Int(index)].listener = UInt8(place)
    sessions[Int(index)].since = now
    devices[device].sessions += 1
    return index
  }

  @discardableResult
  mutating func welcome(
    _ descriptor: Int32, _ device: Int, _ place: Int, isReadOnly: Bool = false
  ) -> UInt32? {
    guard let index = seat(descriptor, device, place) else {
      close(descriptor)
      return nil
    }
    let listener = devices[device].listeners[place]
    sessions[Int(index)].phase = .negotiating
    negotiatingCount += 1
    scheduleHousekeeping()
    sessions[Int(index)].exportBytes = devices[device].export.sizeBytes
    var negotiation = Negotiation(
      devices[device].export, tls: listener.credentials == nil ? .none : .required,
      isReadOnly: isReadOnly || listener.isReadOnly, offersChunks: !listener.isSimple)
    var greeting: [UInt8] = []
    negotiation.machine.start(into: &greeting)
    negotiations[Int(index)] = negotiation
    sendAnswer(index, greeting)
    return index
  }

  // MARK: Handshake

  /// Feeds received bytes to the handshake.
  mutating func negotiate(_ index: UInt32) {
    let session = sessions[Int(index)]
    guard session.start < session.end, !session.isSending,
      var negotiation = negotiations[Int(index)]
    else { return }
    negotiations[Int(index)] = nil
    var answer: [UInt8] = []
    let area = unsafe UnsafeRawBufferPointer(
      rebasing: memory.receiveArea(Int(index))[session.start..<session.end])
    let progress = unsafe negotiation.machine.consume(area.bytes, output: &answer)
    sessions[Int(index)].start += progress.consumedBytes
    negotiation.outcome = progress.state
    negotiations[Int(index)] = negotiation
    if answer.isEmpty { negotiationAnswered(index) } else { sendAnswer(index, answer) }
  }

  private mutating func sendAnswer(_ index: UInt32, _ bytes: [UInt8]) {
    guard let held = unsafe negotiations[Int(index)]?.hold(bytes) else { return }
    let vectors = unsafe memory.sendVectors(Int(index))
    unsafe vectors[0] = mp_vector(
      address: UInt64(UInt(bitPattern: held.baseAddress)), length: UInt64(held.count))
    sessions[Int(index)].sendingBytes = bytes.count
    sessions[Int(index)].isSending = true
    let isQueued = unsafe ring.send(
      index, header: memory.message(Int(index)), vectors: vectors, count: 1,
      CompletionTag(.send, item: index))
    if !isQueued {
      sessions[Int(index)].isSending = false
      beginClose(index)
    }
  }

  /// The last answer of the handshake is out, or none was due.
  mutating func negotiationAnswered(_ index: UInt32) {
    negotiations[Int(index)]?.release()
    switch negotiations[Int(index)]?.outcome {
    case .needMore:
      if sessions[Int(index)].isAtEnd { beginClose(index) } else { receiveMore(index) }
    case .transmission:
      if let terms = negotiations[Int(index)]?.machine.terms { sessions[Int(index)].terms = terms }
      endNegotiation(index)
      sessions[Int(index)].phase = sessions[Int(index)].isAtEnd ? .draining : .serving
      parse(index)
    case .startTLS: startTLS(index)
    case .close, nil: beginClose(index)
    }
  }

  private mutating func endNegotiation(_ index: UInt32) {
    guard negotiations[Int(index)] != nil else { return }
    negotiations[Int(index)]?.release()
    negotiations[Int(index)] = nil
    negotiatingCount -= 1
  }

  // MARK: The end

  /// Shuts the connection down; what the kernel still holds of it comes back as completions.
  mutating func beginClose(_ index: UInt32) {
    switch sessions[Int(index)].phase {
    case .vacant, .closing: return
    case .negotiating, .serving, .draining: break
    }
    sessions[Int(index)].phase = .closing
    shutdown(sessions[Int(index)].descriptor, Int32(SHUT_RDWR))
    finishClose(index)
  }

  /// Frees the session once neither its receive nor its send is with the kernel.
  mutating func finishClose(_ index: UInt32) {
    let session = sessions[Int(index)]
    guard session.phase == .closing, !session.isReceiving, !session.isSending else { return }
    endNegotiation(index)
    let device = Int(session.device)
    forgetAllocations(of: index)
    devices[device].engine.abandon(session: index, arena: &arena, effects: &effects)
    devices[device].engine.releaseHeld(at: now, arena: &arena, effects: &effects)
    drainEffects(device)
    hasReleased = true
    _ = ring.setFile(-1, at: index)
    close(session.descriptor)
    memory.forgetReceiveArea(Int(index))
    sessions[Int(index)].phase = .vacant
    sessions[Int(index)].isStarved = false
    freeSessions.append(index)
    devices[device].sessions -= 1
    if session.isKernel { devices[device].kernelSessions -= 1 }
    endIfDestroyed(device)
  }

  /// A draining session is over when everything it asked for has been answered.
  mutating func closeIfDrained(_ index: UInt32) {
    let session = sessions[Int(index)]
    if session.isLeaving { return releaseIfAtRest(index) }
    guard session.phase == .draining, session.account.slots == 0, !session.isSending,
      !session.isStarved
    else { return }
    beginClose(index)
  }

  // MARK: Housekeeping

  /// Once a second, and only while somebody is in the handshake, waits for memory, could not be accepted,
  /// or waits for a server: an idle reactor is never woken for it.
  mutating func scheduleHousekeeping() {
    if nextHousekeeping == nil { nextHousekeeping = now + ReactorLimits.housekeeping }
  }

  mutating func keepHouse() {
    nextHousekeeping = nil
    for device in 0..<devices.count where devices[device].isOpen { armAccept(device) }
    for index in 0..<UInt32(sessions.count) where sessions[Int(index)].phase == .negotiating {
      if now - sessions[Int(index)].since >= ReactorLimits.handshake { beginClose(index) }
    }
    if !starved.isEmpty { dropSlowClients(patience: ReactorLimits.sendPatience) }
    if isStopping { dropSlowClients(patience: ReactorLimits.sendPatienceAtStop) }
    let isCarrying = endSilentConnections()
    let isEnding = closeOverdueSessions()
    let isLooking = settleOverdueAllocations()
    if isLooking || negotiatingCount > 0 || !starved.isEmpty || isStopping || isCarrying || isEnding
    {
      scheduleHousekeeping()
    }
  }

  /// Somebody waits for memory, or for the end: clients that have taken no reply, or sent nothing of a
  /// payload that they began, for too long give up theirs.
  private mutating func dropSlowClients(patience: Interval) {
    for index in 0..<UInt32(sessions.count) {
      let session = sessions[Int(index)]
      switch session.phase {
      case .vacant, .negotiating, .closing: continue
      case .serving, .draining: break
      }
      // One that has begun a payload and does not go on holds memory, too.
      let isStuck =
        session.isSending
        ? now - session.since >= patience
        : session.payloadSlot != Session.none && now - session.heardAt >= patience
      guard isStuck else { continue }
      report(Int(session.device), .slowClientDropped)
      beginClose(index)
    }
  }
}

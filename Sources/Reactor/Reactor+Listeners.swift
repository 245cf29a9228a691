internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import Glibc
internal import NBD

/// The sockets at which clients arrive: a device's own, and those that an operator has added.
extension Reactor {
  mutating func armAccept(_ device: Int) {
    for place in 0..<devices[device].listeners.count { armAccept(device, place) }
  }

  private mutating func armAccept(_ device: Int, _ place: Int) {
    let listener = devices[device].listeners[place]
    guard listener.descriptor >= 0, !listener.isAccepting, !isStopping else { return }
    devices[device].listeners[place].isAccepting = ring.accept(
      listener.descriptor, CompletionTag(.accept, owner: UInt32(device), item: UInt32(place)))
    if !devices[device].listeners[place].isAccepting { scheduleHousekeeping() }
  }

  mutating func accepted(device: Int, place: Int, result: Int32) {
    devices[device].listeners[place].isAccepting = false
    if result >= 0 { welcome(result, device, place) }
    let isShort = result == -EMFILE || result == -ENFILE || result == -ENOMEM || result == -ENOBUFS
    // Out of descriptors or memory: not at once again, or the loop would spin on the same error.
    if isShort { scheduleHousekeeping() } else { armAccept(device, place) }
    endIfDestroyed(device)
  }

  mutating func listen(_ ticket: UInt64, _ id: UInt32, _ setup: ListenerSetup) {
    let refuse = { (reactor: borrowing Reactor, refusal: ReactorRefusal) in
      close(setup.descriptor)
      setup.credentials?.forget()
      reactor.report(.refused(ticket: ticket, refusal))
    }
    guard let device = device(id), devices[device].ending == nil, !isStopping else {
      return refuse(self, .noSuchDevice)
    }
    let places = 1..<devices[device].listeners.count
    guard let place = places.first(where: { devices[device].listeners[$0].isVacant }) else {
      return refuse(self, .tooManyListeners)
    }
    devices[device].listeners[place] = ListenerHost(
      id: setup.id, descriptor: setup.descriptor, isReadOnly: setup.isReadOnly,
      isSimple: setup.isSimple, credentials: setup.credentials)
    armAccept(device, place)
    report(.done(ticket: ticket))
  }

  /// No new clients there; those who came that way are answered what they have asked, then hung up on.
  mutating func unlisten(_ ticket: UInt64, _ id: UInt32, _ listener: UInt32) {
    guard let device = device(id) else { return report(.refused(ticket: ticket, .noSuchDevice)) }
    for place in 1..<devices[device].listeners.count
    where devices[device].listeners[place].id == listener
      && devices[device].listeners[place].descriptor >= 0
    {
      for index in 0..<UInt32(sessions.count)
      where sessions[Int(index)].device == UInt32(device)
        && Int(sessions[Int(index)].listener) == place
      {
        endReceiving(index)
      }
      closeListener(device, place)
      return report(.done(ticket: ticket))
    }
    report(.refused(ticket: ticket, .noSuchListener))
  }

  /// Nothing more is taken from a client; what it has sent is answered.
  mutating func endReceiving(_ index: UInt32) {
    switch sessions[Int(index)].phase {
    case .vacant, .draining, .closing: break
    case .negotiating: beginClose(index)
    case .serving where sessions[Int(index)].isLeaving: break
    case .serving: shutdown(sessions[Int(index)].descriptor, Int32(SHUT_RD))
    }
  }

  mutating func closeListeners(_ device: Int) {
    for place in 0..<devices[device].listeners.count { closeListener(device, place) }
  }

  private mutating func closeListener(_ device: Int, _ place: Int) {
    let listener = devices[device].listeners[place]
    guard listener.descriptor >= 0 else { return }
    devices[device].listeners[place].descriptor = -1
    devices[device].listeners[place].credentials = nil
    listener.credentials?.forget()
    // Ends the accept that is with the kernel, which holds the socket otherwise.
    shutdown(listener.descriptor, Int32(SHUT_RDWR))
    close(listener.descriptor)
  }

  /// The client wants TLS. A thread speaks it on the client's socket; the session goes on with what is plain, on a
  /// connection to that thread.
  mutating func startTLS(_ index: UInt32) {
    let session = sessions[Int(index)]
    let listener = devices[Int(session.device)].listeners[Int(session.listener)]
    // What has come behind STARTTLS was sent in the clear, by whomever: it must not be read as if it were safe.
    guard session.start == session.end, let credentials = listener.credentials else {
      return beginClose(index)
    }
    var ends: [Int32] = [-1, -1]
    guard unsafe mp_socket_pair(&ends) == 0 else { return beginClose(index) }
    let handshake = Int32(clamping: ReactorLimits.handshake.milliseconds)
    guard ring.setFile(ends[0], at: index) == 0,
      credentials.startTunnel(
        secured: session.descriptor, plain: ends[1], handshakeMilliseconds: handshake)
    else {
      close(ends[0])
      close(ends[1])
      return beginClose(index)
    }
    mp_tune_data_socket(ends[0])
    mp_tune_data_socket(ends[1])
    sessions[Int(index)].descriptor = ends[0]
    negotiations[Int(index)]?.machine.secured()
    negotiations[Int(index)]?.outcome = .needMore
    receiveMore(index)
  }
}

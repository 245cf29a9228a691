internal import CLinux
internal import Control
internal import Glibc

/// Who sent a request, by SO_PEERCRED.
struct Peer {
  let uid: UInt32
  let pid: UInt32
}

/// The control socket and its clients: bytes in, lines out, answers back. What a line means is the
/// supervisor's business.
final class ControlServer {
  private final class Client {
    /// Never reused: an answer to a client that has gone finds nobody.
    let id: UInt64
    let descriptor: Int32
    let peer: Peer
    var framer = LineFramer(lineBytesMax: Wire.requestLineBytesMax)
    var output: [UInt8] = []
    var sent = 0
    /// What had been sent when it was last looked at whether it takes anything; nil when nothing waited.
    var sentBefore: Int?
    /// Requests that have not been answered yet.
    var unanswered = 0
    var hasEnded = false
    /// It is being sent something as it comes, and stays also when it has no more to say.
    var isStreaming = false
    /// It was, and may take what waits for it whenever it likes: whoever sent that has bounded it.
    var hasStreamed = false
    /// Set once it has subscribed to events.
    var stream: EventStream?

    init(id: UInt64, descriptor: Int32, peer: Peer) {
      self.id = id
      self.descriptor = descriptor
      self.peer = peer
    }
  }

  let socket: String
  private let listener: Int32
  private var clients: [Client] = []
  private var nextID: UInt64 = 1

  /// - Throws: The errno of the socket, its name or its folder.
  init(socket: String, group: gid_t? = nil) throws(ControlError) {
    let listener = unsafe mp_listen_unix(socket, 0o660, 64)
    guard listener >= 0 else { throw Self.error(socket, errno: -listener) }
    if let group, unsafe chown(socket, uid_t.max, group) != 0 {
      let error = errno
      close(listener)
      throw ControlError(
        .notPermitted,
        "the control socket cannot be given to the group \(group): \(ErrnoText.sentence(error))",
        hint: "run as root, or as a member of that group")
    }
    self.socket = socket
    self.listener = listener
  }

  /// A group by name or number.
  static func group(_ text: String) throws(ControlError) -> gid_t {
    if let number = gid_t(text) { return number }
    guard let entry = unsafe getgrnam(text) else {
      throw ControlError(
        .notFound, "there is no group \(PrintableText.escaped(text))",
        hint: "getent group lists them")
    }
    return unsafe entry.pointee.gr_gid
  }

  private static func error(_ socket: String, errno: Int32) -> ControlError {
    switch errno {
    case EADDRINUSE:
      ControlError(
        .busy, "another mpathd answers on \(socket)",
        hint: "stop it first, or give this one another --run-dir")
    case EACCES, EPERM:
      ControlError(
        .notPermitted, "no permission to create \(socket)",
        hint: "run as root, or with --run-dir in a folder of your own")
    default:
      ControlError(
        .internal, "the control socket \(socket) cannot be created: \(ErrnoText.sentence(errno))")
    }
  }

  /// What to wait for, in the order `serve` expects it back.
  func interests() -> [pollfd] {
    var result: [pollfd] = []
    let isFull = clients.count >= DaemonLimits.clients
    result.append(pollfd(fd: isFull ? -1 : listener, events: Int16(POLLIN), revents: 0))
    for client in clients {
      // A client is not read while it has unread answers: it cannot ask for more than it takes.
      let hasOutput = client.sent < client.output.count
      let takesMore = !client.hasEnded && client.unanswered < DaemonLimits.requestsPerClient
      let events = hasOutput ? POLLOUT : takesMore ? POLLIN : 0
      result.append(pollfd(fd: client.descriptor, events: Int16(events), revents: 0))
    }
    return result
  }

  /// Accepts, reads and writes what is ready; `handle` gets each whole line.
  func serve(
    _ ready: ArraySlice<pollfd>,
    handle: (_ client: UInt64, _ peer: Peer, _ line: LineFramer.Event) -> Void
  ) {
    let states = Array(ready.dropFirst())
    let known = clients.map { $0.id }
    for (state, id) in zip(states, known) where state.revents != 0 {
      if state.revents & Int16(POLLOUT) != 0 { flush(id) }
      if state.revents & Int16(POLLIN) != 0 { read(id, handle) }
      if state.revents & Int16(POLLERR | POLLHUP) != 0, state.revents & Int16(POLLIN) == 0 {
        drop(id)
      }
    }
    if let first = ready.first, first.revents & Int16(POLLIN) != 0 { acceptOne() }
  }

  private func acceptOne() {
    let descriptor = mp_accept(listener)
    guard descriptor >= 0 else { return }
    var peer = mp_peer()
    guard unsafe mp_peer_credentials(descriptor, &peer) == 0 else {
      close(descriptor)
      return
    }
    guard
      isPrivileged(peer.uid)
        || clients.count(where: { $0.peer.uid == peer.uid })
          < DaemonLimits.clientsPerUser
    else {
      close(descriptor)
      return
    }
    clients.append(
      Client(
        id: nextID, descriptor: descriptor, peer: Peer(uid: peer.uid, pid: peer.pid)))
    nextID += 1
  }

  /// Root and the daemon's own user are not counted, so that nobody else can keep them out.
  private func isPrivileged(_ uid: UInt32) -> Bool { uid == 0 || uid == geteuid() }

  /// Drops those that have taken nothing of what waits for them since this was last called; who they were.
  /// Followers of events and takers of a trace are told what they miss instead.
  func dropSilent() -> [Peer] {
    var dropped: [Peer] = []
    for client in clients {
      let isWaiting =
        client.sent < client.output.count && client.stream == nil && !client.hasStreamed
      guard isWaiting else {
        client.sentBefore = nil
        continue
      }
      if client.sentBefore == client.sent {
        dropped.append(client.peer)
        drop(client.id)
      } else {
        client.sentBefore = client.sent
      }
    }
    return dropped
  }

  private func client(_ id: UInt64) -> Client? { clients.first { $0.id == id } }

  private func read(
    _ id: UInt64, _ handle: (UInt64, Peer, LineFramer.Event) -> Void
  ) {
    guard let client = client(id) else { return }
    var chunk = [UInt8](repeating: 0, count: 65536)
    let got = unsafe chunk.withUnsafeMutableBytes { buffer in
      unsafe Glibc.read(client.descriptor, buffer.baseAddress, buffer.count)
    }
    if got < 0, errno == EAGAIN || errno == EINTR { return }
    guard got > 0 else {
      // It may still be waiting for an answer, having shut down only its sending side.
      client.hasEnded = true
      if got < 0 || (client.unanswered == 0 && !client.isStreaming) { drop(id) }
      return
    }
    let events = client.framer.feed(Array(chunk[..<got]))
    client.unanswered += events.count
    let peer = client.peer
    for event in events { handle(id, peer, event) }
  }

  /// Queues an answer; a client that has gone, or that takes nothing, gets none.
  func answer(_ id: UInt64, _ bytes: [UInt8]) {
    guard let client = client(id) else { return }
    let waiting = client.output.count - client.sent
    guard waiting + bytes.count <= DaemonLimits.replyBytes else { return drop(id) }
    client.unanswered -= 1
    if client.output.isEmpty {
      client.output = bytes
    } else {
      client.output.append(contentsOf: bytes)
    }
    flush(id)
  }

  // MARK: Streams

  /// How a client takes what is streamed to it.
  enum StreamState {
    /// It has taken everything.
    case ready
    case busy
    /// It has shut down its sending side, or has gone.
    case wantsNoMore
  }

  func streamState(_ id: UInt64) -> StreamState {
    guard let client = client(id), !client.hasEnded else { return .wantsNoMore }
    return client.output.isEmpty ? .ready : .busy
  }

  func beginStream(_ id: UInt64) {
    client(id)?.isStreaming = true
    client(id)?.hasStreamed = true
  }

  /// Sends what is to be sent without an answer being due. The sender bounds how much that is.
  func push(_ bytes: [UInt8], to id: UInt64) {
    guard let client = client(id), client.isStreaming else { return }
    client.output.append(contentsOf: bytes)
    flush(id)
  }

  func endStream(_ id: UInt64) {
    guard let client = client(id) else { return }
    client.isStreaming = false
    flush(id)
  }

  /// From here on the client gets events as they happen, after those in `backlog`.
  func follow(_ id: UInt64, device: String?, backlog: [EventRecord]) {
    guard let client = client(id) else { return }
    client.stream = EventStream(device: device)
    for record in backlog { push(record, to: client) }
  }

  func publish(_ record: EventRecord) {
    for client in clients where client.stream?.wants(record) == true { push(record, to: client) }
  }

  /// A follower that reads too slowly is not waited for: it is told how many events it has missed.
  private func push(_ record: EventRecord, to client: Client) {
    guard client.stream != nil, let line = try? StreamLine(event: record).encoded() else { return }
    let waiting = client.output.count - client.sent
    guard waiting + line.count <= DaemonLimits.streamBytes else {
      client.stream?.missed += 1
      return
    }
    if let missed = client.stream?.takeMissedLine() { client.output.append(contentsOf: missed) }
    client.output.append(contentsOf: line)
    flush(client.id)
  }

  private func flush(_ id: UInt64) {
    guard let client = client(id) else { return }
    while client.sent < client.output.count {
      let start = client.sent
      let sent = unsafe client.output.withUnsafeBytes { bytes in
        unsafe send(
          client.descriptor, bytes.baseAddress.map { unsafe $0 + start },
          bytes.count - start, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if sent < 0, errno == EINTR { continue }
      if sent < 0, errno == EAGAIN { return }
      if sent < 0 { return drop(id) }
      client.sent += sent
    }
    client.output.removeAll()
    client.sent = 0
    if let line = client.stream?.takeMissedLine() {
      client.output = line
      return flush(id)
    }
    if client.hasEnded, client.unanswered <= 0, !client.isStreaming { drop(id) }
  }

  private func drop(_ id: UInt64) {
    guard let index = clients.firstIndex(where: { $0.id == id }) else { return }
    close(clients[index].descriptor)
    clients.remove(at: index)
  }

  /// Takes no more clients and leaves nothing behind.
  func end() {
    for client in clients { drop(client.id) }
    close(listener)
    unsafe unlink(socket)
  }
}

internal import Control
internal import Glibc

/// A Unix stream socket on which every wait ends at one deadline.
///
/// The descriptor never blocks by itself: a daemon that is stopped must not hang its operator.
struct UnixSocket: ~Copyable {
  private static let receiveBytes = 64 << 10

  private let descriptor: Int32
  private let deadline: Deadline

  init(deadline: Deadline) throws(SocketError) {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = Glibc.socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { throw .failed(errno: errno) }
    self.descriptor = descriptor
    self.deadline = deadline
  }

  deinit {
    close(descriptor)
  }

  /// An interrupt shuts down the sending side, which the other end sees; the next one ends the program.
  func endSendingWhenInterrupted() {
    unsafe Self.interrupted = descriptor
    for number in [SIGINT, SIGTERM] {
      _ = signal(number) { number in
        // Both calls are allowed here (signal-safety(7)).
        unsafe shutdown(UnixSocket.interrupted, Int32(SHUT_WR))
        _ = signal(number, SIG_DFL)
      }
    }
  }

  private nonisolated(unsafe) static var interrupted: Int32 = -1

  /// Connects, and comes back later while the daemon's backlog is full, which a Unix socket
  /// reports as EAGAIN and which poll(2) cannot wait for.
  func connect(to path: String) throws(SocketError) {
    let pauseMilliseconds: Int32 = 20
    var address = Self.address(of: path)
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    while true {
      let result = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          unsafe Glibc.connect(descriptor, pointer, length)
        }
      }
      if result == 0 || errno == EISCONN { return }
      guard errno == EAGAIN || errno == EINTR else { throw .failed(errno: errno) }
      let remaining = deadline.remainingMilliseconds
      guard remaining > 0 else { throw .timedOut }
      _ = poll(nil, 0, min(remaining, pauseMilliseconds))
    }
  }

  /// Sends everything, unless the other end has stopped reading: then its last words, which may
  /// say why, are worth more than our error, and the caller goes on to receive them.
  func send(_ bytes: [UInt8]) throws(SocketError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        unsafe Glibc.send(
          descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        return
      } else {
        try waitAfter(errno, for: POLLOUT)
      }
    }
  }

  /// The next line of the stream.
  func receiveLine() throws(SocketError) -> [UInt8] {
    var framer = LineFramer(lineBytesMax: Wire.replyLineBytesMax)
    var buffer = [UInt8](repeating: 0, count: Self.receiveBytes)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe recv(descriptor, bytes.baseAddress, bytes.count, 0)
      }
      guard count != 0 else { throw .closed }
      guard count > 0 else {
        try waitAfter(errno, for: POLLIN)
        continue
      }
      switch framer.feed(Array(buffer[..<count])).first {
      case .line(let line): return line
      case .overflow: throw .replyTooLong
      case nil: continue
      }
    }
  }

  /// Hands on every line of the stream from here to its end, however long it takes.
  ///
  /// - Returns: What `take` threw, if it ended the stream; the other end's close throws `.closed`.
  func stream<Failure: Error>(
    _ take: ([UInt8]) throws(Failure) -> Void
  ) throws(SocketError) -> Failure {
    var framer = LineFramer(lineBytesMax: Wire.replyLineBytesMax)
    var buffer = [UInt8](repeating: 0, count: Self.receiveBytes)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe recv(descriptor, bytes.baseAddress, bytes.count, 0)
      }
      guard count != 0 else { throw .closed }
      guard count > 0 else {
        try waitForever(after: errno)
        continue
      }
      for event in framer.feed(Array(buffer[..<count])) {
        guard case .line(let line) = event else { throw .replyTooLong }
        do throws(Failure) { try take(line) } catch { return error }
      }
    }
  }

  private func waitForever(after error: Int32) throws(SocketError) {
    switch error {
    case EINTR: return
    case ECONNRESET: throw .closed
    case EAGAIN:
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      _ = unsafe poll(&entry, 1, -1)
    case _: throw .failed(errno: error)
    }
  }

  private func waitAfter(_ error: Int32, for events: Int32) throws(SocketError) {
    switch error {
    case EINTR: return
    case ECONNRESET: throw .closed
    case EAGAIN: try Self.wait(descriptor, for: events, by: deadline)
    case _: throw .failed(errno: error)
    }
  }

  private static func wait(
    _ descriptor: Int32, for events: Int32, by deadline: Deadline
  ) throws(SocketError) {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    let ready = unsafe poll(&entry, 1, deadline.remainingMilliseconds)
    if ready == 0 { throw .timedOut }
    if ready < 0, errno != EINTR { throw .failed(errno: errno) }
  }

  /// The socket's address; `RunDirectory.usable` has made sure that it fits.
  private static func address(of path: String) -> sockaddr_un {
    precondition(path.utf8.count <= RunDirectory.socketPathBytesMax)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      for (index, byte) in path.utf8.enumerated() {
        unsafe bytes[index] = byte
      }
    }
    return address
  }
}

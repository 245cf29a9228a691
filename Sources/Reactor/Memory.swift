internal import BlockIO
internal import CLinux
internal import Engine
internal import NBD

/// The reactor's memory: mapped once, touched as needed, never grown. All addresses are made here.
@safe struct Memory: ~Copyable {
  private let arena: UnsafeMutableRawPointer
  private let received: UnsafeMutableRawPointer
  private let vectors: UnsafeMutablePointer<mp_vector>
  private let messages: UnsafeMutableRawPointer
  /// Reads as zeroes for ever; the source of written zeroes.
  let zeroes: UnsafeMutableRawPointer
  private let messageBytes: Int
  /// By connection: its receive area, and the headers of the message that it sends.
  private let serverReceived: UnsafeMutableRawPointer
  private let serverHeaders: UnsafeMutableRawPointer
  let mailboxValue: UnsafeMutablePointer<UInt64>
  let completions: UnsafeMutableBufferPointer<mp_completion>

  /// As many for a session as for a connection: those of connections come after those of sessions.
  private static let vectorsPerSession = 2 * ReactorLimits.repliesPerSend + 2
  private static let headerBytes = ReactorLimits.piecesPerSend * RequestHeader.encodedBytes

  /// Nil when the address space is exhausted.
  init?() {
    let sessions = ReactorLimits.sessions
    let connections = ReactorLimits.connections
    let sockets = sessions + connections
    let messageBytes = (mp_message_header_bytes() + 63) & ~63
    let reaped = ReactorLimits.completionsPerReap
    let vectorBytes = sockets * Self.vectorsPerSession * MemoryLayout<mp_vector>.stride
    guard let arena = unsafe mp_map(ReactorLimits.arenaBytes, false),
      let received = unsafe mp_map(sessions * ReactorLimits.receiveBytes, false),
      let vectors = unsafe mp_map(vectorBytes, false),
      let messages = unsafe mp_map(sockets * messageBytes, false),
      let serverReceived = unsafe mp_map(connections * ReactorLimits.receiveBytes, false),
      let serverHeaders = unsafe mp_map(connections * Self.headerBytes, false),
      let zeroes = unsafe mp_map(ReactorLimits.zeroBytes, false),
      let mailboxValue = unsafe mp_map(MemoryLayout<UInt64>.stride, false),
      let completions = unsafe mp_map(reaped * MemoryLayout<mp_completion>.stride, false)
    else { return nil }
    unsafe self.arena = arena
    unsafe self.received = received
    unsafe self.vectors = vectors.bindMemory(
      to: mp_vector.self, capacity: sockets * Self.vectorsPerSession)
    unsafe self.messages = messages
    unsafe self.zeroes = zeroes
    self.messageBytes = messageBytes
    unsafe self.serverReceived = serverReceived
    unsafe self.serverHeaders = serverHeaders
    unsafe self.mailboxValue = mailboxValue.bindMemory(to: UInt64.self, capacity: 1)
    unsafe self.completions = UnsafeMutableBufferPointer(
      start: completions.bindMemory(to: mp_completion.self, capacity: reaped), count: reaped)
  }

  /// The address of a byte of a leased buffer.
  @inline(__always)
  func address(_ buffer: BufferReference, plus offset: UInt64 = 0) -> UnsafeMutableRawPointer {
    assert(offset <= buffer.capacity)
    return unsafe arena + Int(buffer.offset) + Int(offset)
  }

  /// Where session `index` receives.
  @inline(__always)
  func receiveArea(_ index: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      start: received + index * ReactorLimits.receiveBytes, count: ReactorLimits.receiveBytes)
  }

  /// Gives a session's touched pages back.
  func forgetReceiveArea(_ index: Int) {
    unsafe mp_forget(
      received + index * ReactorLimits.receiveBytes, ReactorLimits.receiveBytes)
  }

  /// The vectors of session `index` for sending: two for each reply of one send.
  @inline(__always)
  func sendVectors(_ index: Int) -> UnsafeMutablePointer<mp_vector> {
    unsafe vectors + index * Self.vectorsPerSession
  }

  /// The two vectors of session `index` for receiving.
  @inline(__always)
  func receiveVectors(_ index: Int) -> UnsafeMutablePointer<mp_vector> {
    unsafe vectors + index * Self.vectorsPerSession + 2 * ReactorLimits.repliesPerSend
  }

  @inline(__always)
  func message(_ index: Int) -> UnsafeMutableRawPointer {
    unsafe messages + index * messageBytes
  }

  // MARK: Connections to servers

  /// Where connection `index` receives.
  @inline(__always)
  func serverArea(_ index: UInt32) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(
      start: serverReceived + Int(index) * ReactorLimits.receiveBytes,
      count: ReactorLimits.receiveBytes)
  }

  /// Gives a connection's touched pages back.
  func forgetServerArea(_ index: UInt32) {
    unsafe mp_forget(
      serverReceived + Int(index) * ReactorLimits.receiveBytes, ReactorLimits.receiveBytes)
  }

  /// Where the headers of the message that connection `index` sends are made.
  @inline(__always)
  func serverHeaders(_ index: UInt32) -> UnsafeMutableRawPointer {
    unsafe serverHeaders + Int(index) * Self.headerBytes
  }

  /// The vectors of connection `index` for sending.
  @inline(__always)
  func serverSendVectors(_ index: UInt32) -> UnsafeMutablePointer<mp_vector> {
    unsafe sendVectors(ReactorLimits.sessions + Int(index))
  }

  /// Its two for receiving.
  @inline(__always)
  func serverReceiveVectors(_ index: UInt32) -> UnsafeMutablePointer<mp_vector> {
    unsafe receiveVectors(ReactorLimits.sessions + Int(index))
  }

  @inline(__always)
  func serverMessage(_ index: UInt32) -> UnsafeMutableRawPointer {
    unsafe message(ReactorLimits.sessions + Int(index))
  }
}

internal import BlockIO
internal import CLinux
internal import Engine

/// The reactor's memory: mapped once, touched as needed, never grown. All addresses are made here.
@safe struct Memory: ~Copyable {
  private let arena: UnsafeMutableRawPointer
  private let received: UnsafeMutableRawPointer
  private let vectors: UnsafeMutablePointer<mp_vector>
  private let messages: UnsafeMutableRawPointer
  /// Reads as zeroes for ever; the source of written zeroes.
  let zeroes: UnsafeMutableRawPointer
  private let messageBytes: Int
  let mailboxValue: UnsafeMutablePointer<UInt64>
  let completions: UnsafeMutableBufferPointer<mp_completion>

  private static let vectorsPerSession = 2 * ReactorLimits.repliesPerSend + 2

  /// Nil when the address space is exhausted.
  init?() {
    let sessions = ReactorLimits.sessions
    let messageBytes = (mp_message_header_bytes() + 63) & ~63
    let vectorBytes = sessions * Self.vectorsPerSession * MemoryLayout<mp_vector>.stride
    guard let arena = unsafe mp_map(ReactorLimits.arenaBytes, false),
      let received = unsafe mp_map(sessions * ReactorLimits.receiveBytes, false),
      let vectors = unsafe mp_map(vectorBytes, false),
      let messages = unsafe mp_map(sessions * messageBytes, false),
      let zeroes = unsafe mp_map(ReactorLimits.zeroBytes, false)
    else { return nil }
    unsafe self.arena = arena
    unsafe self.received = received
    unsafe self.vectors = vectors.bindMemory(
      to: mp_vector.self, capacity: sessions * Self.vectorsPerSession)
    unsafe self.messages = messages
    unsafe self.zeroes = zeroes
    self.messageBytes = messageBytes
    unsafe mailboxValue = .allocate(capacity: 1)
    unsafe mailboxValue.initialize(to: 0)
    unsafe completions = .allocate(capacity: ReactorLimits.completionsPerReap)
    unsafe completions.initialize(repeating: mp_completion())
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
}

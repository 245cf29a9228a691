internal import BlockIO
internal import CLinux
internal import Glibc
internal import NBD
internal import Reactor

/// The handshake that the kernel's NBD client leaves to others, on a thread that may wait.
///
/// The server is our own reactor, and still is spoken to like any other: the kernel gets a session with
/// nothing special about it.
enum KernelHandshake {
  static let patience = Interval.seconds(10)

  static func run(_ descriptor: Int32, export: String) -> Result<NegotiatedExport, KernelFailure> {
    var machine = ClientNegotiation(exportName: export, wantsStructuredReplies: false)
    let deadline = ReactorThread.clock() + patience
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let left = deadline - ReactorThread.clock()
      let ready = mp_wait_input(descriptor, Int32(clamping: left.milliseconds))
      guard ready > 0 else { return .failure(.handshake("it said nothing for too long")) }
      let got = unsafe chunk.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, $0.count)
      }
      guard got > 0 else { return .failure(.handshake("it hung up")) }
      var output: [UInt8] = []
      let progress = unsafe chunk.withUnsafeBytes { buffer in
        unsafe machine.consume(
          UnsafeRawBufferPointer(rebasing: buffer[..<got]).bytes, output: &output)
      }
      guard send(output, to: descriptor) else { return .failure(.handshake("it hung up")) }
      switch progress.state {
      case .needMore: continue
      case .transmission(let export): return .success(export)
      case .failed(let failure): return .failure(.handshake("\(failure)"))
      }
    }
  }

  /// A few hundred bytes into an empty socket: they fit at once, or something is wrong.
  private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    if bytes.isEmpty { return true }
    let sent = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    return sent == bytes.count
  }
}

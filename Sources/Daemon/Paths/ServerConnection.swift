internal import CLinux
internal import Glibc
internal import NBD

/// A connection to an NBD server, in the hands of a helper thread. It may take until its deadline, and is
/// closed with its end unless it was released.
struct ServerConnection: ~Copyable {
  /// -1 once it was released.
  private var descriptor: Int32
  /// What answered: an address with its port, or the device and inode of a socket.
  let peer: String
  /// In milliseconds of the monotonic clock.
  let deadline: Int64
  /// By a Unix socket.
  private let isLocal: Bool
  private static let chunkBytes = 4096

  private init(descriptor: Int32, peer: String, deadline: Int64, isLocal: Bool = false) {
    self.descriptor = descriptor
    self.isLocal = isLocal
    self.peer = peer
    self.deadline = deadline
  }

  deinit {
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// Takes over a connection whose handshake is over.
  init(adopting descriptor: Int32, deadline: Int64) {
    self.init(descriptor: descriptor, peer: "", deadline: deadline)
  }

  /// The end of an allowance that begins now.
  static func deadline(milliseconds: Int64) -> Int64 { mp_monotonic_milliseconds() + milliseconds }

  /// Connects to whatever of the server's addresses answers first.
  static func connect(
    to uri: NBDURI, deadline: Int64
  ) throws(PathTrouble) -> ServerConnection {
    var peer = [CChar](repeating: 0, count: Int(MP_PEER_BYTES))
    var resolverError: Int32 = 0
    let descriptor: Int32
    let server: String
    let isLocal: Bool
    switch uri.transport {
    case .tcp(let host, let port):
      isLocal = false
      server = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      descriptor = unsafe mp_connect_tcp(host, port, deadline, &peer, &resolverError)
      if resolverError != 0 { throw .unresolved(host, resolverError: resolverError) }
    case .unix(let socket):
      isLocal = true
      server = socket
      descriptor = unsafe mp_connect_unix_within(socket, deadline, &peer)
    }
    guard descriptor >= 0 else { throw .notConnected(server, errno: -descriptor) }
    let text = String(
      decoding: peer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return ServerConnection(
      descriptor: descriptor, peer: text, deadline: deadline, isLocal: isLocal)
  }

  /// Opens the export; afterwards the next byte of either side is transmission.
  ///
  /// Structured replies save bandwidth, since holes need not be sent, and TCP joins their pieces. On a Unix
  /// socket bandwidth is free and each piece is a wake-up: without them a READ costs 1 us of CPU less at either
  /// end (Benchmarks/network.py).
  func negotiate(_ exportName: String) throws(PathTrouble) -> NegotiatedExport {
    var negotiation = ClientNegotiation(
      exportName: exportName, wantsStructuredReplies: !isLocal)
    while true {
      let bytes = try receiveInHandshake()
      if bytes.isEmpty { throw .refused(negotiation.failureAtEndOfInput) }
      var output: [UInt8] = []
      let progress = unsafe negotiation.consume(bytes.span.bytes, output: &output)
      switch progress.state {
      case .needMore: try send(output)
      case .transmission(let export):
        guard progress.consumedBytes == bytes.count else {
          throw PathTrouble(
            "server sent data that nobody had asked for",
            hint: "use a server that keeps to the protocol", errno: EPROTO)
        }
        return export
      case .failed(let failure):
        // It goes either way; the reason is what counts.
        try? send(output)
        throw .refused(failure)
      }
    }
  }

  /// The names of a server's exports, as far as it tells.
  static func exports(of uri: NBDURI, deadline: Int64) -> [String] {
    var listing = ExportListing()
    do throws(PathTrouble) {
      let connection = try connect(to: uri, deadline: deadline)
      var isOver = false
      while !isOver {
        let bytes = try connection.receive()
        guard !bytes.isEmpty else { break }
        var output: [UInt8] = []
        do throws(ClientNegotiationFailure) {
          isOver = try listing.consume(bytes, output: &output)
        } catch {
          throw PathTrouble.refused(error)
        }
        try connection.send(output)
      }
    } catch {
      // It was only for a hint, and what came before is as good as ever.
    }
    return listing.names
  }

  private func receiveInHandshake() throws(PathTrouble) -> [UInt8] {
    do throws(PathTrouble) {
      return try receive()
    } catch {
      throw error.errno == ETIMEDOUT ? .tooSlow : error
    }
  }

  /// Whatever has come, or nothing at the end of the stream.
  func receive() throws(PathTrouble) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.chunkBytes)
    let got = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe mp_receive_within(descriptor, buffer.baseAddress, buffer.count, deadline)
    }
    guard got >= 0 else { throw .broken(errno: Int32(-got)) }
    return Array(bytes.prefix(Int(got)))
  }

  func send(_ bytes: [UInt8]) throws(PathTrouble) {
    let status = unsafe bytes.withUnsafeBytes { buffer in
      unsafe mp_send_within(descriptor, buffer.baseAddress, buffer.count, deadline)
    }
    guard status == 0 else { throw .broken(errno: -status) }
  }

  /// Gives the descriptor away, open.
  mutating func release() -> Int32 {
    defer { descriptor = -1 }
    return descriptor
  }
}

internal import BlockIO
internal import Control
internal import Glibc
internal import NBD

/// An NBD export, read one piece after the other over a connection whose handshake is over.
final class ServerSampleReader: SampleReader {
  private let connection: ServerConnection
  private let export: NegotiatedExport
  private let encoder: RequestEncoder
  private var transmission: ClientTransmission
  /// Received and not understood yet.
  private var input: [UInt8] = []
  /// Why nothing more can be read: a connection that has broken off in an answer is of no use any more.
  private var trouble: PathTrouble?

  init(_ connection: consuming ServerConnection, _ export: NegotiatedExport) {
    self.connection = connection
    self.export = export
    encoder = RequestEncoder(flags: export.flags)
    transmission = ClientTransmission(
      outstandingMax: 1, structuredReplies: export.structuredReplies)
  }

  /// Connects to a server for one comparison.
  static func connect(
    to uri: NBDURI, deadline: Int64
  ) throws(PathTrouble) -> ServerSampleReader {
    let connection = try ServerConnection.connect(to: uri, deadline: deadline)
    let export = try connection.negotiate(uri.exportName)
    return ServerSampleReader(connection, export)
  }

  func sizeBytes() throws(PathTrouble) -> UInt64 { export.sizeBytes }

  func read(_ offset: UInt64, _ length: Int) throws(PathTrouble) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: length)
    let minimum = Int(export.minimumBlockBytes)
    let longest = max(minimum, Int(clamping: export.maximumBlockBytes) / minimum * minimum)
    var done = 0
    while done < length {
      let count = min(longest, length - done)
      if let trouble { throw trouble }
      do throws(PathTrouble) {
        try readPiece(offset + UInt64(done), count, into: &bytes, at: done)
      } catch {
        if transmission.outstandingCount > 0 { trouble = error }
        throw error
      }
      done += count
    }
    // The connection may go to a reactor now, which must find nothing on it.
    guard input.isEmpty else {
      throw PathTrouble(
        "server sent data that nobody had asked for",
        hint: "use a server that keeps to the protocol", errno: EPROTO)
    }
    return bytes
  }

  func write(_ offset: UInt64, _ bytes: [UInt8]) throws(PathTrouble) {
    guard let range = ByteRange(offset: offset, length: UInt64(bytes.count)) else {
      preconditionFailure("what is written lies in the medium")
    }
    switch encoder.plan(.write, .forceUnitAccess) {
    case .refuse(let errno): throw .unwritable(errno: errno)
    case .nothingToDo: preconditionFailure("a write is never nothing")
    case .send(let command): _ = try carryOut(.write, command, range, bytes)
    case .sendThenFlush(let command):
      _ = try carryOut(.write, command, range, bytes)
      _ = try carryOut(.flush, [], .empty, [])
    }
  }

  private func readPiece(
    _ offset: UInt64, _ count: Int, into bytes: inout [UInt8], at place: Int
  ) throws(PathTrouble) {
    guard let range = ByteRange(offset: offset, length: UInt64(count)) else {
      preconditionFailure("a sample lies in the medium")
    }
    bytes.replaceSubrange(place..<place + count, with: try carryOut(.read, [], range, []))
  }

  /// Sends one request and waits for its reply; what a read returns.
  private func carryOut(
    _ operation: Operation, _ command: CommandFlags, _ range: ByteRange, _ payload: [UInt8]
  ) throws(PathTrouble) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: operation == .read ? Int(range.length) : 0)
    let cookie = transmission.begin(slot: 0, operation: operation, range: range)
    var request = [UInt8](repeating: 0, count: RequestHeader.encodedBytes)
    unsafe request.withUnsafeMutableBytes { buffer in
      guard let target = buffer.baseAddress else { return }
      unsafe encoder.encode(operation, command, cookie: cookie, range: range, into: target)
    }
    try connection.send(request + payload)
    while true {
      let progress = unsafe transmission.step(input.span.bytes)
      input.removeFirst(progress.consumedBytes)
      switch progress.step {
      case .needMore: try receiveMore()
      case .data(_, let offset, let announced):
        if input.isEmpty { try receiveMore() }
        let taken = min(announced, input.count)
        bytes.replaceSubrange(offset..<offset + taken, with: input.prefix(taken))
        input.removeFirst(taken)
        transmission.tookData(taken)
      case .hole(_, let offset, let count):
        let zeroes = repeatElement(UInt8(0), count: count)
        bytes.replaceSubrange(offset..<offset + count, with: zeroes)
      case .finished(_, .success): return bytes
      case .finished(_, .failure(let errno)):
        throw PathTrouble(
          "server answers \(operation == .read ? "reads" : "writes") with an error: "
            + ErrnoText.sentence(errno),
          hint: "repair the server's medium first", errno: errno)
      case .failed(let lie): throw .lied(lie)
      }
    }
  }

  private func receiveMore() throws(PathTrouble) {
    let bytes = try connection.receive()
    guard !bytes.isEmpty else {
      throw PathTrouble(
        "server hung up", hint: "check the network and the server", errno: ECONNRESET)
    }
    input += bytes
  }
}

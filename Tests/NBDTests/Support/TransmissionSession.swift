import BlockIO
import NBD

/// One connection of ours in transmission: keeps buffers as a reactor would, and referees.
struct TransmissionSession: ~Copyable {
  /// What a step was, with data as it arrived.
  enum Event: Equatable {
    case data(slot: Int, offset: Int, bytes: [UInt8])
    case hole(slot: Int, offset: Int, count: Int)
    case finished(slot: Int, errno: Int32)
  }

  private var transmission: ClientTransmission
  private(set) var cookies: [Int: RequestCookie] = [:]
  private(set) var buffers: [Int: [UInt8]] = [:]
  private(set) var events: [Event] = []
  private(set) var lie: TransmissionLie?
  private(set) var consumedBytes = 0

  init(structured: Bool = true, outstandingMax: Int = 8) {
    transmission = ClientTransmission(
      outstandingMax: outstandingMax, structuredReplies: structured)
  }

  var outstandingCount: Int { transmission.outstandingCount }

  @discardableResult
  mutating func begin(
    _ operation: BlockIO.Operation, slot: Int = 0, offset: UInt64 = 0, length: UInt64 = 0
  ) -> RequestCookie {
    let range = ByteRange(offset: offset, length: length) ?? .empty
    let cookie = transmission.begin(slot: slot, operation: operation, range: range)
    cookies[slot] = cookie
    buffers[slot] = [UInt8](repeating: 0xee, count: operation == .read ? Int(length) : 0)
    return cookie
  }

  /// Receives in pieces; data goes to the buffers, and not a byte of it past their ends.
  mutating func receive(_ bytes: [UInt8], pieceBytes: Int = .max) {
    var position = 0
    repeat {
      let end = position + min(pieceBytes, bytes.count - position)
      position = receive(bytes, from: position, to: end)
    } while position < bytes.count && lie == nil
    consumedBytes += position
  }

  private mutating func receive(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
    var position = start
    while true {
      let piece = unsafe bytes.span.bytes.extracting(position..<end)
      let progress = transmission.step(piece)
      precondition((0...(end - position)).contains(progress.consumedBytes))
      position += progress.consumedBytes
      switch progress.step {
      case .needMore:
        precondition(position == end)
        return position
      case .data(let cookie, let offset, let count):
        let taken = min(count, end - position)
        store(Array(bytes[position..<(position + taken)]), cookie, offset, announced: count)
        transmission.tookData(taken)
        position += taken
        if taken < count { return position }
      case .hole(let cookie, let offset, let count):
        precondition(cookies[cookie.slot] == cookie && count > 0)
        buffers[cookie.slot]?.replaceSubrange(
          offset..<(offset + count), with: repeatElement(0, count: count))
        events.append(.hole(slot: cookie.slot, offset: offset, count: count))
      case .finished(let cookie, let outcome):
        precondition(cookies[cookie.slot] == cookie)
        events.append(.finished(slot: cookie.slot, errno: outcome.errno))
      case .failed(let lie):
        self.lie = lie
        return position
      }
    }
  }

  private mutating func store(
    _ bytes: [UInt8], _ cookie: RequestCookie, _ offset: Int, announced: Int
  ) {
    precondition(cookies[cookie.slot] == cookie && announced > 0)
    let size = buffers[cookie.slot]?.count ?? 0
    precondition(offset >= 0 && offset + announced <= size)
    guard !bytes.isEmpty else { return }
    buffers[cookie.slot]?.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    // Data in pieces is one event.
    if case .data(cookie.slot, let start, let earlier)? = events.last,
      start + earlier.count == offset, !bytes.isEmpty, isContinued
    {
      events[events.count - 1] = .data(
        slot: cookie.slot, offset: start, bytes: earlier + bytes)
    } else {
      events.append(.data(slot: cookie.slot, offset: offset, bytes: bytes))
    }
    isContinued = bytes.count < announced
  }

  private var isContinued = false
}

/// Replies by the protocol's numbers.
enum ServerReplies {
  static func simple(_ cookie: RequestCookie, error: UInt32 = 0, _ data: [UInt8] = []) -> [UInt8] {
    Bytes.be32(0x6744_6698) + Bytes.be32(error) + Bytes.be64(cookie.rawValue) + data
  }

  static func chunk(
    _ cookie: RequestCookie, _ type: UInt16, last: Bool, _ payload: [UInt8] = [],
    length: UInt32? = nil
  ) -> [UInt8] {
    Bytes.be32(0x668e_33ef) + Bytes.be16(last ? 1 : 0) + Bytes.be16(type)
      + Bytes.be64(cookie.rawValue) + Bytes.be32(length ?? UInt32(payload.count)) + payload
  }

  static func data(
    _ cookie: RequestCookie, at offset: UInt64, _ bytes: [UInt8], last: Bool = false
  ) -> [UInt8] {
    chunk(cookie, 1, last: last, Bytes.be64(offset) + bytes)
  }

  static func hole(
    _ cookie: RequestCookie, at offset: UInt64, _ count: UInt32, last: Bool = false
  ) -> [UInt8] {
    chunk(cookie, 2, last: last, Bytes.be64(offset) + Bytes.be32(count))
  }

  static func done(_ cookie: RequestCookie) -> [UInt8] { chunk(cookie, 0, last: true) }

  static func error(
    _ cookie: RequestCookie, _ code: UInt32, _ message: String = "", last: Bool = true,
    type: UInt16 = 0x8001, at offset: UInt64? = nil
  ) -> [UInt8] {
    chunk(
      cookie, type, last: last,
      Bytes.be32(code) + Bytes.be16(UInt16(message.utf8.count)) + Array(message.utf8)
        + (offset.map(Bytes.be64) ?? []))
  }
}

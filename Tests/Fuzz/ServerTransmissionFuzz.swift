import BlockIO
import NBD

/// A stream of requests, under terms that the input's first byte chooses: what is accepted is legal, and the
/// answer to whatever it is has the announced length.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard size > 1, let data = unsafe data else { return 0 }
  let settings = unsafe data[0]
  let input = unsafe Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  let replies = ReplyStyle.allCases[Int(settings & 3) % ReplyStyle.allCases.count]
  let terms = ConnectionTerms(
    replies: replies, hasAllocation: replies != .simple && settings & 4 != 0,
    isReadOnly: settings & 8 != 0)
  var limits = FuzzSamples.export(name: "data").limits
  if settings & 16 != 0 { limits = limits.limited(to: limits.sizeBytes / 2) }
  var position = 0
  while input.count - position >= replies.requestHeaderBytes {
    let header = RequestHeader.decode(
      unsafe input.span.bytes.extracting(droppingFirst: position), replies)
    position += replies.requestHeaderBytes
    switch RequestCheck.decide(header, limits: limits, terms: terms) {
    case .accept(let operation, let flags, let range):
      precondition(operation == .flush || range.length > 0)
      precondition(range.end <= limits.usableBytes && range.offset % 512 == 0)
      precondition(range.length % 512 == 0)
      precondition(!operation.modifies || !terms.isReadOnly)
      precondition(operation == .read || operation == .flush || flags.rawValue < 8)
      if operation == .write {
        precondition(range.length <= UInt64(limits.maximumPayloadBytes))
        position += Int(range.length)
      }
      answer(operation == .read ? .data(bytes: UInt32(range.length)) : .success, header, replies)
    case .describe(let range, _):
      precondition(terms.hasAllocation && range.length > 0 && range.end <= limits.sizeBytes)
      describe(range, header, input, replies)
    case .acknowledge: answer(.success, header, replies)
    case .reject(let error, let payloadBytes):
      precondition(UInt64(payloadBytes) <= 2 * UInt64(limits.maximumPayloadBytes))
      answer(.failure(error), header, replies)
      position += Int(payloadBytes)
    case .disconnect, .fatal: return 0
    }
    if position > input.count { return 0 }
  }
  return 0
}

private func answer(_ content: ReplyContent, _ header: RequestHeader, _ replies: ReplyStyle) {
  var bytes = [UInt8](repeating: 0xee, count: ReplyHeader.encodedBytesMax)
  let count = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
    guard let base = buffer.baseAddress else { return 0 }
    return unsafe ReplyHeader.encode(
      content, cookie: header.cookie, offset: header.offset, replies, into: base)
  }
  precondition(count >= 16 && count <= bytes.count)
  let cookie = bytes[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  precondition(cookie == header.cookie)
  guard replies == .structured else { return }
  let length = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
  precondition(20 + length == count + content.payloadBytes(replies), "a chunk of another length")
}

/// Findings from the input's own bytes: whatever a file system says, the client is told something legal.
private func describe(
  _ range: ByteRange, _ header: RequestHeader, _ input: [UInt8], _ replies: ReplyStyle
) {
  var map = AllocationMap(offset: range.offset, length: range.length, blockBytes: 512)
  var position = range.offset
  for byte in input {
    guard map.next != nil else { break }
    position += UInt64(byte) * 77
    map.add(until: position, isHole: byte & 1 == 0)
  }
  map.add(until: .max, isHole: false)
  let told = map.extents.reduce(0) { $0 + $1.lengthBytes }
  precondition(!map.extents.isEmpty && told <= range.length)
  precondition(map.extents.count <= AllocationMap.extentsMax)
  precondition(map.extents.allSatisfy { $0.lengthBytes > 0 && $0.lengthBytes % 512 == 0 })
  answer(.allocation(extents: UInt32(map.extents.count)), header, replies)
}

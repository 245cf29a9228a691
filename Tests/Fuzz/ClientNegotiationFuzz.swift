import NBD

/// A server's handshake with our client, and its list of exports.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard size > 1, let data = unsafe data else { return 0 }
  let settings = unsafe data[0]
  let input = unsafe Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  let piece = [Int.max, 1, 3, 17][Int(settings >> 6)]
  if settings & 2 == 0 {
    var client = ClientNegotiation(exportName: "data", wantsStructuredReplies: settings & 1 != 0)
    var output: [UInt8] = []
    var position = 0
    while position < input.count {
      let end = position + min(piece, input.count - position)
      let progress = client.consume(
        unsafe input.span.bytes.extracting(position..<end), output: &output)
      precondition((0...end - position).contains(progress.consumedBytes))
      position += progress.consumedBytes
      guard case .needMore = progress.state else { break }
      precondition(position == end, "bytes were left although more are wanted")
    }
    precondition(output.count <= 1 << 16)
  } else {
    var listing = ExportListing()
    var output: [UInt8] = []
    var position = 0
    while position < input.count {
      let end = position + min(piece, input.count - position)
      guard let isOver = try? listing.consume(Array(input[position..<end]), output: &output),
        !isOver
      else { break }
      position = end
    }
    precondition(output.count <= 1 << 16)
  }
  return 0
}

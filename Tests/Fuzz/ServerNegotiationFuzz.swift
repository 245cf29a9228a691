import NBD

/// A client's handshake with our server, cut into pieces as the input's first byte says.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard size > 1, let data = unsafe data else { return 0 }
  let settings = unsafe data[0]
  let input = unsafe Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  var server = ServerNegotiation(
    exports: [FuzzSamples.export(name: "data"), FuzzSamples.export(name: "caf\u{e9}")],
    defaultExport: settings & 1 == 0 ? 0 : nil, listsExports: settings & 2 == 0,
    tls: settings & 4 == 0 ? .none : .required, isReadOnly: settings & 8 != 0,
    offersChunks: settings & 16 == 0)
  var output: [UInt8] = []
  server.start(into: &output)
  let piece = [Int.max, 1, 3, 17][Int(settings >> 6)]
  var position = 0
  while position < input.count {
    let end = position + min(piece, input.count - position)
    let progress = server.consume(
      unsafe input.span.bytes.extracting(position..<end), output: &output)
    precondition((0...end - position).contains(progress.consumedBytes))
    position += progress.consumedBytes
    switch progress.state {
    case .needMore: precondition(position == end, "bytes were left although more are wanted")
    case .startTLS:
      precondition(settings & 4 != 0)
      server.secured()
    case .transmission(let index):
      precondition(server.terms.isReadOnly == (settings & 8 != 0))
      precondition(!server.terms.hasAllocation || server.terms.replies != .simple)
      precondition(settings & 16 == 0 || server.terms.replies == .simple)
      precondition((0...1).contains(index))
      return 0
    case .close: return 0
    }
  }
  // What is answered is in proportion to what was sent: no client makes us say much.
  precondition(output.count <= 1 << 20)
  return 0
}

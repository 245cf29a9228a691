import Control

/// Lines on the control socket, from both sides, and what is read from files.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard size > 1, let data = unsafe data else { return 0 }
  let settings = unsafe data[0]
  let input = unsafe Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  var framer = LineFramer(lineBytesMax: 4096)
  var lines: [[UInt8]] = []
  let piece = [Int.max, 1, 3, 17][Int(settings >> 6)]
  var position = 0
  while position < input.count {
    let end = position + min(piece, input.count - position)
    for case .line(let line) in framer.feed(Array(input[position..<end])) { lines.append(line) }
    position = end
    precondition(framer.pendingBytes <= 4096)
  }
  for line in lines + [input] { decode(line) }
  return 0
}

private func decode(_ line: [UInt8]) {
  guard let header = try? Wire.header(of: line) else {
    _ = try? StateFile.decode(line)
    _ = try? StreamLine.decode(line)
    return
  }
  if let method = try? Methods.method(for: header) { decode(line, method) }
  if let params = try? Wire.params(of: CreateMethod.self, in: line) { _ = try? params.check() }
  if let params = try? Wire.params(of: ExportMethod.self, in: line) { _ = try? params.check() }
}

private func decode<M: ControlMethod>(_ line: [UInt8], _ method: M.Type) {
  _ = try? Wire.params(of: method, in: line)
  _ = try? Wire.reply(to: method, in: line)
}

internal import BlockIO

/// Puts a trace file together, block by block. Pure: bytes come out, somebody else keeps them.
public struct TraceWriter: Sendable {
  private var checksum = TraceFormat.firstChecksum

  public init() {}

  /// The beginning of the file.
  public mutating func begin(_ header: TraceHeader, _ state: MachineSnapshot) -> [UInt8] {
    var content = TraceBytes()
    header.write(to: &content)
    var bytes = TraceFormat.magic + block(.header, content.bytes)
    guard let state = try? RecordEncoder.bytes(state) else {
      preconditionFailure("a machine's state cannot be written")
    }
    bytes += block(.state, state)
    return bytes
  }

  public mutating func inputs(_ chunk: TraceChunk) -> [UInt8] {
    var content = TraceBytes()
    content.append(number: chunk.first)
    content.append(number: UInt64(chunk.count))
    content.append(number: chunk.base.nanoseconds)
    return block(.inputs, content.bytes + chunk.content.bytes)
  }

  /// The end of the file.
  public mutating func end(_ summary: TraceSummary) -> [UInt8] {
    var content = TraceBytes()
    content.append(summary.ending.rawValue)
    content.append(number: summary.inputs)
    content.append(number: summary.missing)
    return block(.end, content.bytes)
  }

  private mutating func block(_ kind: TraceFormat.Block, _ content: [UInt8]) -> [UInt8] {
    var block = TraceBytes()
    block.append(kind.rawValue)
    block.append(word: UInt32(content.count))
    block.bytes.append(contentsOf: content)
    checksum = TraceFormat.checksum(checksum, block.bytes[...])
    block.append(word: checksum)
    return block.bytes
  }
}

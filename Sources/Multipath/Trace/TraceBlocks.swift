/// The blocks of a trace file, one after the other, each held against its checksum.
struct TraceBlocks {
  let bytes: [UInt8]
  private(set) var position: Int
  private(set) var checksum: UInt64

  init(bytes: [UInt8], position: Int, checksum: UInt64) {
    self.bytes = bytes
    self.position = position
    self.checksum = checksum
  }

  mutating func next() throws(TraceError) -> (TraceFormat.Block, ArraySlice<UInt8>) {
    let start = position
    do throws(TraceDamage) {
      var source = TraceSource(bytes[start...])
      let kind = try source.byte()
      let length = Int(try source.word(UInt32.self))
      guard length <= TraceFormat.blockBytesMax else { throw .malformed("a block is too long") }
      let content = try source.take(length)
      let sum = TraceFormat.checksum(checksum, bytes[start..<content.endIndex])
      guard try source.word(UInt64.self) == sum else {
        throw .malformed("a checksum does not match")
      }
      guard let block = TraceFormat.Block(rawValue: kind) else {
        throw .malformed("there is no block of kind \(kind)")
      }
      checksum = sum
      position = bytes.endIndex - source.left
      return (block, content)
    } catch {
      throw .damaged(position: start, what: error.sentence)
    }
  }

  /// A block of one kind, all of whose content `body` must read.
  mutating func read<Value>(
    _ kind: TraceFormat.Block, _ body: (inout TraceSource) throws(TraceDamage) -> Value
  ) throws(TraceError) -> Value {
    let start = position
    let (found, content) = try next()
    do throws(TraceDamage) {
      guard found == kind else { throw .malformed("a block of another kind is expected") }
      var source = TraceSource(content)
      let value = try body(&source)
      guard source.left == 0 else { throw .malformed("something follows the content") }
      return value
    } catch {
      throw .damaged(position: start, what: error.sentence)
    }
  }
}

extension TraceDamage {
  var sentence: String {
    switch self {
    case .cutOff: "it ends in the middle"
    case .malformed(let what): what
    }
  }
}

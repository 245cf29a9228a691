internal import BlockIO

/// The parts of a trace file: a magic word, then blocks.
///
/// Each block has a kind, its length, its content, and a checksum of all blocks up to its own, so that a
/// block cannot be lost, exchanged or changed unnoticed. First comes a header, then the state of the machine
/// at the beginning, then chunks of inputs, then the end. Numbers are little-endian.
enum TraceFormat {
  static let magic = Array("mptrace1".utf8)

  enum Block: UInt8 {
    case header = 1
    case state
    case inputs
    case end
  }

  /// The longest content of a block: a state with the largest tables there are has a fraction of it.
  static let blockBytesMax = 8 << 20

  /// FNV-1a, the blocks after each other.
  static func checksum(_ before: UInt64, _ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sum = before
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return sum
  }

  static let firstChecksum: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Changes with the fields of any record, so that no program reads what another one's layout means.
  static let layout: UInt64 = {
    let encoder = RecordEncoder()
    encoder.layout = TraceDigest()
    guard let geometry = Geometry(sizeBytes: 4096, blockBytes: 512) else { return 0 }
    var machine = MultipathMachine(
      MultipathConfiguration(mode: .activePassive, geometry: geometry, requestsMax: 1))
    var effects = MultipathMachine.Effects(capacity: 4)
    _ = machine.addPath(at: .zero, effects: &effects)
    try? machine.snapshot().encode(to: encoder)
    return encoder.layout?.value ?? 0
  }()
}

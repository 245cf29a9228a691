/// What a chunk of a structured reply carries; bit 15 marks an error, also in types yet to come.
public enum ChunkType: UInt16, Sendable, CaseIterable, BitwiseCopyable {
  /// Nothing; only as the last chunk.
  case empty = 0
  case offsetData = 1
  case offsetHole = 2
  case blockStatus = 5
  case extendedBlockStatus = 6
  case error = 0x8001
  case errorOffset = 0x8002

  /// In a chunk's flags: no other follows it.
  @inlinable
  public static var doneFlag: UInt16 { 1 }

  /// Every error type, known or not, begins with a number and a message.
  static let errorBit: UInt16 = 0x8000
}

/// Size and block size of a medium as one path shows it.
public struct Geometry: Hashable, Sendable, BitwiseCopyable {
  /// Whole bytes, a multiple of `blockBytes`.
  public let sizeBytes: UInt64
  /// The smallest unit that can be read or written: a power of two, 512 to 65536.
  public let blockBytes: UInt32

  /// Nil when the block size is no power of two in 512...65536 or does not divide the size.
  public init?(sizeBytes: UInt64, blockBytes: UInt32) {
    guard (512...65536).contains(blockBytes), blockBytes.nonzeroBitCount == 1,
      sizeBytes % UInt64(blockBytes) == 0
    else { return nil }
    self.sizeBytes = sizeBytes
    self.blockBytes = blockBytes
  }

  /// True when `range` lies inside the medium. Compares by subtraction, so nothing overflows.
  @inlinable
  public func contains(_ range: ByteRange) -> Bool {
    range.length <= sizeBytes && range.offset <= sizeBytes &- range.length
  }

  @inlinable
  public func isAligned(_ range: ByteRange) -> Bool {
    (range.offset | range.length) & UInt64(blockBytes &- 1) == 0
  }
}

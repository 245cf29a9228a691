/// A run of bytes on a medium: `offset` and `length` in bytes.
///
/// The sum never overflows: `init?(offset:length:)` refuses a range whose end does not fit 64 bits, so
/// that everything behind it may compute `end` without a check.
public struct ByteRange: Hashable, Sendable, BitwiseCopyable {
  public let offset: UInt64
  public let length: UInt64

  /// Nil when `offset + length` overflows.
  @inlinable
  public init?(offset: UInt64, length: UInt64) {
    guard length <= UInt64.max - offset else { return nil }
    self.offset = offset
    self.length = length
  }

  @inlinable
  package init(uncheckedOffset offset: UInt64, length: UInt64) {
    assert(length <= UInt64.max - offset)
    self.offset = offset
    self.length = length
  }

  public static let empty = ByteRange(uncheckedOffset: 0, length: 0)

  @inlinable
  public var end: UInt64 { offset &+ length }

  @inlinable
  public var isEmpty: Bool { length == 0 }

  /// True when the two ranges share at least one byte; an empty range overlaps nothing.
  @inlinable
  public func overlaps(_ other: ByteRange) -> Bool {
    offset < other.end && other.offset < end && length != 0 && other.length != 0
  }

  /// The part that is left after the first `count` bytes.
  @inlinable
  public func dropping(_ count: UInt64) -> ByteRange {
    let dropped = min(count, length)
    return ByteRange(uncheckedOffset: offset &+ dropped, length: length &- dropped)
  }

  /// At most the first `count` bytes.
  @inlinable
  public func prefix(_ count: UInt64) -> ByteRange {
    ByteRange(uncheckedOffset: offset, length: min(count, length))
  }
}

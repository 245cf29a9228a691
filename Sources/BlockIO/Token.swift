/// The 64 bits that travel with an I/O request and come back with its completion.
///
/// A slot is used again and again; the generation tells whether a completion belongs to its present
/// user. A completion whose generation differs is late and must never be applied to the new user.
public struct Token: Hashable, Sendable, BitwiseCopyable {
  public let rawValue: UInt64

  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Layout, high to low: kind 8 bits, generation 24 bits, slot 32 bits.
  @inlinable
  public init(kind: UInt8, generation: UInt32, slot: UInt32) {
    rawValue =
      UInt64(kind) &<< 56 | UInt64(generation & 0xff_ffff) &<< 32 | UInt64(slot)
  }

  @inlinable
  public var kind: UInt8 { UInt8(truncatingIfNeeded: rawValue &>> 56) }

  @inlinable
  public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue &>> 32) & 0xff_ffff }

  @inlinable
  public var slot: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
}

/// What a request of ours is known by on its connection, echoed in every reply to it.
///
/// The slot finds the request without a search; the generation tells a reply to its present user
/// from a second reply to an earlier one.
public struct RequestCookie: Hashable, Sendable, BitwiseCopyable {
  public let rawValue: UInt64

  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  @inlinable
  public init(slot: Int, generation: UInt32) {
    rawValue = UInt64(generation) &<< 32 | UInt64(UInt32(slot))
  }

  @inlinable
  public var slot: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }

  @inlinable
  public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue &>> 32) }
}

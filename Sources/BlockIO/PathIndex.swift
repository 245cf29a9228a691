/// A path's place in its device's table, 0 to 63.
public struct PathIndex: Hashable, Comparable, Sendable, BitwiseCopyable {
  public let rawValue: UInt8

  @inlinable
  public init(_ rawValue: UInt8) {
    precondition(rawValue < 64)
    self.rawValue = rawValue
  }

  @inlinable
  public static func < (left: PathIndex, right: PathIndex) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A set of paths of one device, one bit each.
public struct PathSet: Hashable, Sendable, BitwiseCopyable, Codable {
  public var bits: UInt64

  @inlinable
  public init(bits: UInt64 = 0) { self.bits = bits }

  @inlinable
  public init(_ path: PathIndex) { bits = 1 &<< UInt64(path.rawValue) }

  @inlinable
  public var isEmpty: Bool { bits == 0 }

  @inlinable
  public var count: Int { bits.nonzeroBitCount }

  @inlinable
  public func contains(_ path: PathIndex) -> Bool {
    bits & (1 &<< UInt64(path.rawValue)) != 0
  }

  @inlinable
  public mutating func insert(_ path: PathIndex) { bits |= 1 &<< UInt64(path.rawValue) }

  @inlinable
  public mutating func remove(_ path: PathIndex) { bits &= ~(1 &<< UInt64(path.rawValue)) }

  @inlinable
  public func subtracting(_ other: PathSet) -> PathSet { PathSet(bits: bits & ~other.bits) }

  @inlinable
  public func union(_ other: PathSet) -> PathSet { PathSet(bits: bits | other.bits) }

  @inlinable
  public func intersection(_ other: PathSet) -> PathSet { PathSet(bits: bits & other.bits) }

  /// The member with the lowest index.
  @inlinable
  public var first: PathIndex? {
    bits == 0 ? nil : PathIndex(UInt8(truncatingIfNeeded: bits.trailingZeroBitCount))
  }
}

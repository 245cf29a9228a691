/// What a request is held against: the numeric part of an export, small enough to sit in a session.
public struct RequestLimits: Hashable, Sendable, BitwiseCopyable {
  public let sizeBytes: UInt64
  /// What is there of it: less than the size when the medium has shrunk since.
  public private(set) var usableBytes: UInt64
  /// A power of two.
  public let minimumBlockBytes: UInt32
  public let maximumPayloadBytes: UInt32
  public let flags: TransmissionFlags

  public init(
    sizeBytes: UInt64, minimumBlockBytes: UInt32, maximumPayloadBytes: UInt32,
    flags: TransmissionFlags
  ) {
    precondition(minimumBlockBytes.nonzeroBitCount == 1)
    self.sizeBytes = sizeBytes
    usableBytes = sizeBytes
    self.minimumBlockBytes = minimumBlockBytes
    self.maximumPayloadBytes = maximumPayloadBytes
    self.flags = flags
  }

  /// The same export of which only the beginning is there.
  public func limited(to usableBytes: UInt64) -> RequestLimits {
    var limits = self
    limits.usableBytes = min(sizeBytes, usableBytes)
    return limits
  }

  /// Of a range inside the export, whether all of it is there.
  @inlinable
  func isThere(offset: UInt64, length: UInt64) -> Bool {
    length <= usableBytes && offset <= usableBytes &- length
  }

  /// Compares by subtraction, so nothing overflows.
  @inlinable
  func contains(offset: UInt64, length: UInt64) -> Bool {
    length <= sizeBytes && offset <= sizeBytes &- length
  }

  @inlinable
  func isAligned(offset: UInt64, length: UInt64) -> Bool {
    (offset | length) & UInt64(minimumBlockBytes &- 1) == 0
  }
}

/// What a request is held against: the numeric part of an export, small enough to sit in a session.
public struct RequestLimits: Hashable, Sendable, BitwiseCopyable {
  public let sizeBytes: UInt64
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
    self.minimumBlockBytes = minimumBlockBytes
    self.maximumPayloadBytes = maximumPayloadBytes
    self.flags = flags
  }

  /// Compares by subtraction, so nothing overflows.
  @inlinable
  func contains(offset: UInt64, length: UInt32) -> Bool {
    UInt64(length) <= sizeBytes && offset <= sizeBytes &- UInt64(length)
  }

  @inlinable
  func isAligned(offset: UInt64, length: UInt32) -> Bool {
    (offset | UInt64(length)) & UInt64(minimumBlockBytes &- 1) == 0
  }
}

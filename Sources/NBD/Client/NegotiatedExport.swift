/// What the server said about the export it opened, checked.
public struct NegotiatedExport: Hashable, Sendable, BitwiseCopyable {
  /// A multiple of the minimum block, below 2^63.
  public let sizeBytes: UInt64
  /// Without the flags that promise what was not negotiated.
  public let flags: TransmissionFlags
  /// A power of two, at most 65536: every offset and length is a multiple of it.
  public let minimumBlockBytes: UInt32
  /// A power of two, at least 512 and at least the minimum.
  public let preferredBlockBytes: UInt32
  /// Longest request; at least the preferred block. 0xffffffff when the server sets no limit.
  public let maximumBlockBytes: UInt32
  /// READ is answered by chunks and by nothing else.
  public let structuredReplies: Bool

  public init(
    sizeBytes: UInt64, flags: TransmissionFlags, minimumBlockBytes: UInt32 = 1,
    preferredBlockBytes: UInt32 = 4096,
    maximumBlockBytes: UInt32 = NBDLimits.defaultMaximumBlockBytes, structuredReplies: Bool
  ) {
    self.sizeBytes = sizeBytes
    self.flags = flags
    self.minimumBlockBytes = minimumBlockBytes
    self.preferredBlockBytes = preferredBlockBytes
    self.maximumBlockBytes = maximumBlockBytes
    self.structuredReplies = structuredReplies
  }
}

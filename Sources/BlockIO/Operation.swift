/// What a request asks of the medium.
public enum Operation: UInt8, Sendable, CaseIterable, BitwiseCopyable, Codable {
  case read
  case write
  case flush
  /// The bytes are no longer needed; what they read as afterwards is the medium's business.
  case discard
  /// The bytes read as zeroes afterwards.
  case writeZeroes

  /// True for everything that can change what a later read returns.
  @inlinable
  public var modifies: Bool {
    switch self {
    case .write, .discard, .writeZeroes: true
    case .read, .flush: false
    }
  }
}

/// What a request asks beyond its operation.
public struct OperationFlags: OptionSet, Sendable, Hashable, BitwiseCopyable, Codable {
  public let rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The bytes are on stable storage before the reply (NBD_CMD_FLAG_FUA, RWF_DSYNC).
  public static let forceUnitAccess = OperationFlags(rawValue: 1)
  /// Zeroed bytes stay allocated (NBD_CMD_FLAG_NO_HOLE).
  public static let keepAllocated = OperationFlags(rawValue: 2)
  /// Fail with EOPNOTSUPP rather than write zeroes byte by byte (NBD_CMD_FLAG_FAST_ZERO).
  public static let onlyIfFast = OperationFlags(rawValue: 4)
}

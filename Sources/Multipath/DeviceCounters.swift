internal import BlockIO

/// Counters of one device since it was created, in requests and bytes as the client asked.
public struct DeviceCounters: Sendable, BitwiseCopyable, Equatable, Codable {
  public var reads: UInt64 = 0
  public var writes: UInt64 = 0
  public var flushes: UInt64 = 0
  public var discards: UInt64 = 0
  public var writeZeroes: UInt64 = 0
  public var bytesRead: UInt64 = 0
  public var bytesWritten: UInt64 = 0
  /// Requests answered with an error.
  public var errors: UInt64 = 0
  /// Attempts beyond a request's first.
  public var retries: UInt64 = 0
  /// Times the active path changed because it failed by itself; what an operator does is not counted.
  public var failovers: UInt64 = 0

  /// Attempts given up because their path stalled.
  public var givenUp: UInt64 = 0
  /// Reads that a second path was asked for because the first was late.
  public var hedges: UInt64 = 0
  /// Fences that succeeded, and tries that failed.
  public var fences: UInt64 = 0
  public var fencesFailed: UInt64 = 0
  /// Requests that waited for a ghost or a fence, and how long in all.
  public var held: UInt64 = 0
  public var heldNanoseconds: UInt64 = 0

  public init() {}

  mutating func count(_ operation: Operation, bytes: UInt64) {
    switch operation {
    case .read:
      reads &+= 1
      bytesRead &+= bytes
    case .write:
      writes &+= 1
      bytesWritten &+= bytes
    case .flush: flushes &+= 1
    case .discard: discards &+= 1
    case .writeZeroes: writeZeroes &+= 1
    }
  }
}

/// A range that every path answered with the same error, so that the medium and no path is to blame.
package struct MediumErrorFacts: Codable, Hashable, Sendable {
  package let offsetBytes: UInt64
  package let lengthBytes: UInt64
  /// Changes fail; else reads.
  package let isWrite: Bool
  package let errno: Int
  /// Such as "EIO".
  package let errorName: String
  /// Requests that have met it, and when the last one did, in milliseconds since 1970.
  package let requests: UInt64
  package let lastAt: UInt64

  package init(
    offsetBytes: UInt64, lengthBytes: UInt64, isWrite: Bool, errno: Int, errorName: String,
    requests: UInt64, lastAt: UInt64
  ) {
    self.offsetBytes = offsetBytes
    self.lengthBytes = lengthBytes
    self.isWrite = isWrite
    self.errno = errno
    self.errorName = errorName
    self.requests = requests
    self.lastAt = lastAt
  }
}

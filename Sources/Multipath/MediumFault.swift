public import BlockIO

/// A range that every path answered with the same error: the medium is bad there.
public struct MediumFault: Sendable, BitwiseCopyable, Codable {
  /// What is not known to be good; answers without an error make it smaller from both ends.
  public internal(set) var range = ByteRange.empty
  public internal(set) var errno: Int32 = 0
  /// Whether reads or changes fail; the one says nothing about the other.
  public internal(set) var modifies = false
  /// Requests that have met it, and when the last one did.
  public internal(set) var count: UInt64 = 0
  public internal(set) var at = Instant.zero
  var toldAt = Instant.zero

  init() {}
}

internal import BlockIO

/// A BLOCK_STATUS whose file is being looked at.
struct AllocationQuery: BitwiseCopyable {
  let ticket: UInt64
  let device: UInt32
  let session: UInt32
  /// The request's place.
  let slot: UInt32
  let range: ByteRange
  let requestOne: Bool
  let askedAt: Instant
}

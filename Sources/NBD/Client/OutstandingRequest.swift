internal import BlockIO

/// A request that was sent, and what its replies have said so far.
struct OutstandingRequest {
  /// Of the present user, or of the last one when the slot is free.
  var generation: UInt32 = 0
  var isOutstanding = false
  var operation = Operation.flush
  var offsetBytes: UInt64 = 0
  var lengthBytes: UInt32 = 0
  /// The first error of the reply; 0 for none.
  var errno: Int32 = 0
  var errorChunks = 0
  /// True after the first chunk.
  var isPartlyAnswered = false
  var covered = CoveredRuns()

  /// The place of a run of bytes in the request's buffer; nil when it is not all inside.
  ///
  /// Compares by subtraction, so nothing overflows.
  func place(offsetBytes start: UInt64, lengthBytes count: UInt32) -> UInt32? {
    guard count <= lengthBytes, start >= offsetBytes,
      start - offsetBytes <= UInt64(lengthBytes - count)
    else { return nil }
    return UInt32(start - offsetBytes)
  }
}

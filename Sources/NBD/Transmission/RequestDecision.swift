public import BlockIO

/// What to do with a request.
public enum RequestDecision: Hashable, Sendable, BitwiseCopyable {
  /// Carry it out. A WRITE's payload, as long as the range, follows the header.
  case accept(BlockIO.Operation, OperationFlags, ByteRange)
  /// Answer which parts of the range are holes; only one extent when `one` is set.
  case describe(ByteRange, one: Bool)
  /// Answer success at once: there is nothing to do. No payload follows.
  case acknowledge
  /// Answer the error after swallowing the payload, without which the stream is lost.
  case reject(NBDError, payloadBytes: UInt32)
  /// The client is done: finish what is outstanding, then close without a reply.
  case disconnect
  /// Close at once: what follows in the stream cannot be trusted or is not worth reading.
  case fatal(TransmissionFailure)
}

/// Why the server ends a connection before transmission.
public enum NegotiationFailure: Error, Hashable, Sendable, BitwiseCopyable {
  /// The client said ABORT and got its acknowledgement: the polite end.
  case abortedByClient
  /// The protocol demands to drop a client that sets a flag which was never offered.
  case unknownClientFlags(UInt32)
  /// Not an NBD client, or one that lost step; nothing after it can be trusted.
  case badOptionMagic(UInt64)
  /// A client that did not say C_FIXED_NEWSTYLE understands no answer to this option.
  case optionWithoutFixedNewstyle(option: UInt32)
  /// More data than is worth reading only to stay in step.
  case optionTooLong(option: UInt32, lengthBytes: UInt32)
  case tooManyOptions
  /// EXPORT_NAME on a connection that is not secured yet.
  case tlsRequired
  /// EXPORT_NAME knows no error reply: hanging up is the answer.
  case exportNameIllegal
  case exportNameUnknown
}

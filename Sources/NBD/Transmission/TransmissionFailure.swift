/// Why the server ends a connection in transmission.
public enum TransmissionFailure: Error, Hashable, Sendable, BitwiseCopyable {
  /// The client lost step; the protocol demands a hard disconnect.
  case badRequestMagic(UInt32)
  /// A WRITE of more than twice the payload limit, too much to read only to refuse it.
  case payloadTooLong(lengthBytes: UInt64)
}

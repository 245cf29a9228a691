/// How the server phrases its answers on one connection, and how long request headers are.
public enum ReplyStyle: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// 16 bytes in front of an answer; what a client gets that asks for nothing else.
  case simple
  /// Chunks of 20 bytes, errors with a sentence, block status.
  case structured
  /// Chunks of 32 bytes, and lengths of 64 bits in requests (extension EXTENDED_HEADERS).
  case extended

  /// Bytes in front of every request.
  @inlinable
  public var requestHeaderBytes: Int {
    switch self {
    case .simple, .structured: RequestHeader.encodedBytes
    case .extended: RequestHeader.extendedBytes
    }
  }
}

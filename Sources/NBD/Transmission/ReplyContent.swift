/// What a reply says.
public enum ReplyContent: Hashable, Sendable, BitwiseCopyable {
  case success
  case failure(NBDError)
  /// So many bytes of data follow the header: the whole of a READ, which must not be empty.
  case data(bytes: UInt32)
  /// So many extents of `base:allocation` follow, in the form of `AllocationExtent`.
  case allocation(extents: UInt32)

  /// Bytes that follow the header.
  @inlinable
  public func payloadBytes(_ style: ReplyStyle) -> Int {
    switch self {
    case .success, .failure: 0
    case .data(let bytes): Int(bytes)
    case .allocation(let extents): Int(extents) * AllocationExtent.encodedBytes(style)
    }
  }
}

/// The 28 bytes in front of every request, as they came: nothing but the byte order is interpreted.
///
/// `RequestCheck` alone decides what they mean.
public struct RequestHeader: Hashable, Sendable, BitwiseCopyable {
  public let magic: UInt32
  public let flags: UInt16
  public let type: UInt16
  /// The client's, echoed bit for bit.
  public let cookie: UInt64
  public let offset: UInt64
  public let length: UInt32

  @inlinable
  public init(
    magic: UInt32 = NBDMagic.request, flags: UInt16, type: UInt16, cookie: UInt64, offset: UInt64,
    length: UInt32
  ) {
    self.magic = magic
    self.flags = flags
    self.type = type
    self.cookie = cookie
    self.offset = offset
    self.length = length
  }

  @inlinable
  public static var encodedBytes: Int { 28 }

  /// Reads a header from the first 28 bytes, which must be there; they need no alignment.
  @inlinable
  public static func decode(_ bytes: RawSpan) -> RequestHeader {
    precondition(bytes.byteCount >= encodedBytes)
    return RequestHeader(
      magic: load(bytes, at: 0), flags: load(bytes, at: 4), type: load(bytes, at: 6),
      cookie: load(bytes, at: 8), offset: load(bytes, at: 16), length: load(bytes, at: 24))
  }

  /// Safe because `decode` has checked the length and every bit pattern is an integer.
  @inlinable
  static func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: RawSpan, at offset: Int
  ) -> Value {
    Value(
      bigEndian: unsafe bytes.unsafeLoadUnaligned(
        fromUncheckedByteOffset: offset, as: Value.self))
  }
}

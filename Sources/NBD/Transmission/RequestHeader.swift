/// What is in front of every request, as it came: nothing but the byte order is interpreted.
///
/// `RequestCheck` alone decides what they mean.
public struct RequestHeader: Hashable, Sendable, BitwiseCopyable {
  public let magic: UInt32
  public let flags: UInt16
  public let type: UInt16
  /// The client's, echoed bit for bit.
  public let cookie: UInt64
  public let offset: UInt64
  /// Of 32 bits on the wire, except after EXTENDED_HEADERS.
  public let length: UInt64

  @inlinable
  public init(
    magic: UInt32 = NBDMagic.request, flags: UInt16, type: UInt16, cookie: UInt64, offset: UInt64,
    length: UInt64
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

  @inlinable
  public static var extendedBytes: Int { 32 }

  /// Reads a header in the style that was agreed; its bytes must be there and need no alignment.
  @inlinable
  public static func decode(_ bytes: RawSpan, _ style: ReplyStyle) -> RequestHeader {
    switch style {
    case .simple, .structured: return decode(bytes)
    case .extended:
      precondition(bytes.byteCount >= extendedBytes)
      return RequestHeader(
        magic: bytes.bigEndian(at: 0), flags: bytes.bigEndian(at: 4), type: bytes.bigEndian(at: 6),
        cookie: bytes.bigEndian(at: 8), offset: bytes.bigEndian(at: 16),
        length: bytes.bigEndian(at: 24))
    }
  }

  /// Reads a header from the first 28 bytes, which must be there; they need no alignment.
  @inlinable
  public static func decode(_ bytes: RawSpan) -> RequestHeader {
    precondition(bytes.byteCount >= encodedBytes)
    return RequestHeader(
      magic: bytes.bigEndian(at: 0), flags: bytes.bigEndian(at: 4), type: bytes.bigEndian(at: 6),
      cookie: bytes.bigEndian(at: 8), offset: bytes.bigEndian(at: 16),
      length: UInt64(bytes.bigEndian(at: 24, as: UInt32.self)))
  }

  /// Writes a header of 28 bytes, whose length must fit 32 bits; the target must have room
  /// for it and needs no alignment.
  @unsafe
  @inlinable
  public func encode(into target: UnsafeMutableRawPointer) {
    unsafe target.storeBytes(of: magic.bigEndian, as: UInt32.self)
    unsafe target.storeBytes(of: flags.bigEndian, toByteOffset: 4, as: UInt16.self)
    unsafe target.storeBytes(of: type.bigEndian, toByteOffset: 6, as: UInt16.self)
    unsafe target.storeBytes(of: cookie.bigEndian, toByteOffset: 8, as: UInt64.self)
    unsafe target.storeBytes(of: offset.bigEndian, toByteOffset: 16, as: UInt64.self)
    unsafe target.storeBytes(of: UInt32(length).bigEndian, toByteOffset: 24, as: UInt32.self)
  }
}

/// The 16 bytes that answer a request; after a successful READ its data follows.
public enum SimpleReply {
  @inlinable
  public static var encodedBytes: Int { 16 }

  /// Writes a reply; no error means success.
  ///
  /// The target must have room for 16 bytes and needs no alignment.
  @unsafe
  @inlinable
  public static func encode(
    error: NBDError?, cookie: UInt64, into target: UnsafeMutableRawPointer
  ) {
    let code = error?.rawValue ?? 0
    unsafe target.storeBytes(of: NBDMagic.simpleReply.bigEndian, as: UInt32.self)
    unsafe target.storeBytes(of: code.bigEndian, toByteOffset: 4, as: UInt32.self)
    unsafe target.storeBytes(of: cookie.bigEndian, toByteOffset: 8, as: UInt64.self)
  }
}

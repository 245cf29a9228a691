/// A run of bytes of which all are a hole, or none is known to be one: what BLOCK_STATUS tells.
public struct AllocationExtent: Hashable, Sendable, BitwiseCopyable {
  public var lengthBytes: UInt64
  /// Takes no room on the medium and reads as zeroes.
  public var isHole: Bool

  @inlinable
  public init(lengthBytes: UInt64, isHole: Bool) {
    self.lengthBytes = lengthBytes
    self.isHole = isHole
  }

  /// The one context of this server, and the number that stands for it on a connection.
  public static let contextName = "base:allocation"
  public static let contextID: UInt32 = 1

  /// Both bits of the context at once: NBD_STATE_HOLE and NBD_STATE_ZERO.
  @inlinable
  var status: UInt32 { isHole ? 3 : 0 }

  @inlinable
  public static func encodedBytes(_ style: ReplyStyle) -> Int {
    switch style {
    case .simple, .structured: 8
    case .extended: 16
    }
  }

  /// Writes the extent; the target must have room for it and needs no alignment.
  ///
  /// Only extended replies can tell of 4 GiB and more.
  @unsafe
  @inlinable
  public func encode(_ style: ReplyStyle, into target: UnsafeMutableRawPointer) {
    switch style {
    case .simple, .structured:
      unsafe target.storeBytes(of: UInt32(lengthBytes).bigEndian, as: UInt32.self)
      unsafe target.storeBytes(of: status.bigEndian, toByteOffset: 4, as: UInt32.self)
    case .extended:
      unsafe target.storeBytes(of: lengthBytes.bigEndian, as: UInt64.self)
      unsafe target.storeBytes(of: UInt64(status).bigEndian, toByteOffset: 8, as: UInt64.self)
    }
  }
}

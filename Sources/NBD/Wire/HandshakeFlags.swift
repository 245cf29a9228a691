/// What the server says about its handshake, in the greeting.
public struct HandshakeFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Options may be refused one by one rather than by hanging up.
  public static let fixedNewstyle = HandshakeFlags(rawValue: 1)
  /// The 124 zero bytes after an EXPORT_NAME reply may be left out.
  public static let noZeroes = HandshakeFlags(rawValue: 2)
}

/// What the client accepts of the greeting.
public struct ClientFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fixedNewstyle = ClientFlags(rawValue: 1)
  public static let noZeroes = ClientFlags(rawValue: 2)

  /// A server must drop a client that sets anything else.
  static let known: ClientFlags = [.fixedNewstyle, .noZeroes]
}

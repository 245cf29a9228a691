/// What a request asks beyond its command.
public struct CommandFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt16

  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The data is durable before the reply; accepted on every command once it was offered.
  @inlinable
  public static var forceUnitAccess: CommandFlags { CommandFlags(rawValue: 0x01) }
  /// WRITE_ZEROES only: keep the blocks allocated.
  @inlinable
  public static var noHole: CommandFlags { CommandFlags(rawValue: 0x02) }
  /// READ only, with structured replies.
  @inlinable
  public static var dontFragment: CommandFlags { CommandFlags(rawValue: 0x04) }
  /// BLOCK_STATUS only.
  @inlinable
  public static var requestOne: CommandFlags { CommandFlags(rawValue: 0x08) }
  /// WRITE_ZEROES only, if offered: fail rather than write zeroes byte by byte.
  @inlinable
  public static var fastZero: CommandFlags { CommandFlags(rawValue: 0x10) }
  /// Only with extended headers.
  @inlinable
  public static var payloadLength: CommandFlags { CommandFlags(rawValue: 0x20) }
}

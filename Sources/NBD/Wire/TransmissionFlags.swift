/// What an export can do, told to the client when it is opened.
public struct TransmissionFlags: OptionSet, Sendable, Hashable, BitwiseCopyable {
  public let rawValue: UInt16

  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Set always: the field means something.
  @inlinable
  public static var hasFlags: TransmissionFlags { TransmissionFlags(rawValue: 0x001) }
  @inlinable
  public static var readOnly: TransmissionFlags { TransmissionFlags(rawValue: 0x002) }
  @inlinable
  public static var sendFlush: TransmissionFlags { TransmissionFlags(rawValue: 0x004) }
  @inlinable
  public static var sendFUA: TransmissionFlags { TransmissionFlags(rawValue: 0x008) }
  @inlinable
  public static var rotational: TransmissionFlags { TransmissionFlags(rawValue: 0x010) }
  @inlinable
  public static var sendTrim: TransmissionFlags { TransmissionFlags(rawValue: 0x020) }
  @inlinable
  public static var sendWriteZeroes: TransmissionFlags { TransmissionFlags(rawValue: 0x040) }
  /// Legal only after structured replies were negotiated.
  @inlinable
  public static var sendDontFragment: TransmissionFlags { TransmissionFlags(rawValue: 0x080) }
  /// A flush on one connection covers the writes answered before it on all of them.
  @inlinable
  public static var canMultiConnection: TransmissionFlags { TransmissionFlags(rawValue: 0x100) }
  /// Experimental; no peer has it.
  @inlinable
  public static var sendResize: TransmissionFlags { TransmissionFlags(rawValue: 0x200) }
  @inlinable
  public static var sendCache: TransmissionFlags { TransmissionFlags(rawValue: 0x400) }
  /// Legal only together with `sendWriteZeroes`.
  @inlinable
  public static var sendFastZero: TransmissionFlags { TransmissionFlags(rawValue: 0x800) }
  /// Legal only after extended headers were negotiated.
  @inlinable
  public static var blockStatusPayload: TransmissionFlags { TransmissionFlags(rawValue: 0x1000) }

  /// What is promised to a client that has agreed on these replies.
  func offered(with replies: ReplyStyle) -> TransmissionFlags {
    switch replies {
    case .simple: self
    case .structured, .extended: union(.sendDontFragment)
    }
  }

  /// True when the flags promise only what simple replies can keep.
  var suitsSimpleReplies: Bool {
    contains(.hasFlags)
      && isDisjoint(with: [.sendDontFragment, .sendResize, .blockStatusPayload])
      && (!contains(.sendFastZero) || contains(.sendWriteZeroes))
  }
}

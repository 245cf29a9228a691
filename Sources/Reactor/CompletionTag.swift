/// What an SQE was for, packed into its user_data: kind 8 bits, owner 24 bits, item 32 bits.
struct CompletionTag: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case mailbox = 1
    /// owner: device, item: place among its listeners
    case accept
    /// item: session
    case receive
    /// item: session
    case send
    /// owner: device, item: place in its table of pending I/O
    case io
    /// item: connection to a server
    case serverReceive
    /// item: connection to a server
    case serverSend
    /// Of another operation, which says itself how it ended.
    case cancel
  }

  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(_ kind: Kind, owner: UInt32 = 0, item: UInt32 = 0) {
    assert(owner < 1 << 24)
    rawValue = UInt64(kind.rawValue) &<< 56 | UInt64(owner) &<< 32 | UInt64(item)
  }

  var kind: Kind? { Kind(rawValue: UInt8(truncatingIfNeeded: rawValue &>> 56)) }
  var owner: Int { Int(UInt32(truncatingIfNeeded: rawValue &>> 32) & 0xff_ffff) }
  var item: Int { Int(UInt32(truncatingIfNeeded: rawValue)) }
}

/// The numbers that mark each kind of message, big-endian on the wire.
///
/// Values: NBD protocol document, "Values" and the descriptions of the message layouts.
public enum NBDMagic {
  /// First 8 bytes from the server: "NBDMAGIC".
  @inlinable
  public static var greeting: UInt64 { 0x4e42_444d_4147_4943 }
  /// Next 8 bytes from the server, and first 8 of every option from the client: "IHAVEOPT".
  @inlinable
  public static var option: UInt64 { 0x4948_4156_454f_5054 }
  /// First 8 bytes of every option reply.
  @inlinable
  public static var optionReply: UInt64 { 0x0003_e889_0455_65a9 }
  /// First 4 bytes of a request in transmission.
  @inlinable
  public static var request: UInt32 { 0x2560_9513 }
  /// First 4 bytes of a simple reply.
  @inlinable
  public static var simpleReply: UInt32 { 0x6744_6698 }
  /// First 4 bytes of each chunk of a structured reply.
  @inlinable
  public static var structuredReply: UInt32 { 0x668e_33ef }
  /// First 4 bytes of a request with a length of 64 bits, after EXTENDED_HEADERS.
  @inlinable
  public static var extendedRequest: UInt32 { 0x21e4_1c71 }
  /// First 4 bytes of each chunk of a reply after EXTENDED_HEADERS.
  @inlinable
  public static var extendedReply: UInt32 { 0x6e8a_278c }
  /// Where `option` is expected, an oldstyle server sends this.
  @inlinable
  public static var oldstyle: UInt64 { 0x0000_4202_8186_1253 }
}

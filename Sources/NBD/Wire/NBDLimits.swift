/// The bounds of the handshake, checked before any memory is taken.
public enum NBDLimits {
  /// Longest string either side may send (NBD protocol document, "Values", on strings).
  public static let stringBytesMax = 4096
  /// Longest data of an option whose data is kept.
  ///
  /// The biggest sensible GO is a full-length name and
  /// a handful of info ids; more than this is answered by ERR_TOO_BIG.
  public static let optionDataBytesMax = 8192
  /// Most option data that is read and dropped to stay in step; beyond it the connection ends.
  public static let skippedDataBytesMax = 1 << 20
  /// Options answered on one connection; the protocol allows a server to cut off busybodies.
  public static let optionsMax = 128
  /// Full listings answered on one connection: the one answer much larger than its question.
  public static let listingsMax = 8
  /// Largest legal minimum block.
  public static let minimumBlockBytesMax: UInt32 = 65536
  /// Smallest legal preferred block.
  public static let preferredBlockBytesMin: UInt32 = 512
}

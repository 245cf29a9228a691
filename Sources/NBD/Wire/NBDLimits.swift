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

  /// Replies to one option that a client reads before it believes that they will never end.
  public static let repliesPerOptionMax = 64
  /// Errors in one structured reply that a client reads.
  public static let errorChunksMax = 16
  /// Separate covered runs of one READ that a client keeps track of.
  ///
  /// Chunks in ascending order are one run however many they are; only a server that jumps about
  /// needs more.
  public static let coveredRunsMax = 16
  /// Payload that every server takes unless it said otherwise.
  public static let defaultMaximumBlockBytes: UInt32 = 1 << 25
}

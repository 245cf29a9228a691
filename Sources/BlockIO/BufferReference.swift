/// A leased piece of the reactor's buffer arena: place and size in bytes.
///
/// The pure modules hand references about; only the reactor turns one into an address. An empty
/// reference (`length` 0) stands for a request without data.
public struct BufferReference: Hashable, Sendable, BitwiseCopyable {
  /// From the start of the arena; a multiple of 4096.
  public let offset: UInt32
  /// Leased bytes, a power of two of at least 4096; 0 for none.
  public let capacity: UInt32

  @inlinable
  public init(offset: UInt32, capacity: UInt32) {
    self.offset = offset
    self.capacity = capacity
  }

  public static let none = BufferReference(offset: 0, capacity: 0)

  @inlinable
  public var isNone: Bool { capacity == 0 }
}

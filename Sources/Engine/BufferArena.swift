internal import BasicContainers
public import BlockIO

/// Leases pieces of one contiguous memory area: a buddy allocator over offsets.
///
/// Pure bookkeeping; the memory belongs to whoever made the arena. Pieces are powers of two from 4 KiB
/// (a page, the strictest alignment O_DIRECT asks for) up to `largestBytes`. The most recently returned
/// piece of a size is leased first, since it is the one still in the processor's cache.
public struct BufferArena: ~Copyable {
  public static let pageBytes = 4096
  /// The largest payload of a request: the protocol's default maximum, 32 MiB.
  public static let largestBytes = 32 << 20

  private static let orders = 14  // 4 KiB << 13 = 32 MiB
  private static let nothing = UInt32.max

  /// Per page: the links of the free list it heads a piece of, valid while `freeOrder` is set.
  private var next: RigidArray<UInt32>
  private var previous: RigidArray<UInt32>
  /// Per page: the order of the free piece that starts here, or -1.
  private var freeOrder: RigidArray<Int8>
  private var heads: RigidArray<UInt32>
  /// Per page: who shares the leased piece that starts here; 0 when none does.
  private var shares: RigidArray<UInt16>
  public private(set) var freeBytes: Int
  public let totalBytes: Int

  /// `totalBytes` is a multiple of 32 MiB, at most 4 GiB.
  public init(totalBytes: Int) {
    precondition(totalBytes > 0 && totalBytes % Self.largestBytes == 0 && totalBytes <= 1 << 32)
    let pages = totalBytes / Self.pageBytes
    self.totalBytes = totalBytes
    freeBytes = totalBytes
    next = RigidArray(repeating: Self.nothing, count: pages)
    previous = RigidArray(repeating: Self.nothing, count: pages)
    freeOrder = RigidArray(repeating: -1, count: pages)
    heads = RigidArray(repeating: Self.nothing, count: Self.orders)
    shares = RigidArray(repeating: 0, count: pages)
    let step = Self.largestBytes / Self.pageBytes
    for page in stride(from: pages - step, through: 0, by: -step) {
      push(UInt32(page), order: Self.orders - 1)
    }
  }

  /// A piece of at least `bytes` (1 to 32 MiB), or nil when none is free.
  public mutating func lease(_ bytes: Int) -> BufferReference? {
    precondition(bytes > 0 && bytes <= Self.largestBytes)
    let wanted = Self.order(of: bytes)
    var order = wanted
    while heads[order] == Self.nothing {
      order += 1
      if order == Self.orders { return nil }
    }
    let page = heads[order]
    unlink(page, order: order)
    while order > wanted {
      order -= 1
      push(page &+ UInt32(1 << order), order: order)
    }
    let capacity = Self.pageBytes << wanted
    shares[Int(page)] = 1
    freeBytes -= capacity
    return BufferReference(offset: page &* UInt32(Self.pageBytes), capacity: UInt32(capacity))
  }

  /// One more share of a leased piece; each wants a release of its own.
  public mutating func retain(_ buffer: BufferReference) {
    let page = Int(buffer.offset) / Self.pageBytes
    precondition(!buffer.isNone && shares[page] > 0, "a buffer was shared after its release")
    shares[page] += 1
  }

  /// Gives a share back; the last one frees the piece, and free neighbours grow together again.
  public mutating func release(_ buffer: BufferReference) {
    let head = Int(buffer.offset) / Self.pageBytes
    precondition(!buffer.isNone && shares[head] > 0, "a buffer was released twice")
    shares[head] -= 1
    if shares[head] == 0 { free(buffer) }
  }

  private mutating func free(_ buffer: BufferReference) {
    var order = Self.order(of: Int(buffer.capacity))
    var page = buffer.offset / UInt32(Self.pageBytes)
    freeBytes += Int(buffer.capacity)
    while order < Self.orders - 1 {
      let buddy = page ^ UInt32(1 << order)
      guard freeOrder[Int(buddy)] == Int8(order) else { break }
      unlink(buddy, order: order)
      page = min(page, buddy)
      order += 1
    }
    push(page, order: order)
  }

  private static func order(of bytes: Int) -> Int {
    let pages = (bytes + pageBytes - 1) / pageBytes
    return pages <= 1 ? 0 : Int.bitWidth - (pages - 1).leadingZeroBitCount
  }

  private mutating func push(_ page: UInt32, order: Int) {
    let head = heads[order]
    next[Int(page)] = head
    previous[Int(page)] = Self.nothing
    if head != Self.nothing { previous[Int(head)] = page }
    heads[order] = page
    freeOrder[Int(page)] = Int8(order)
  }

  private mutating func unlink(_ page: UInt32, order: Int) {
    let after = next[Int(page)]
    let before = previous[Int(page)]
    if before == Self.nothing { heads[order] = after } else { next[Int(before)] = after }
    if after != Self.nothing { previous[Int(after)] = before }
    freeOrder[Int(page)] = -1
  }
}

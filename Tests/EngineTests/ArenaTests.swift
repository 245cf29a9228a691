import BlockIO
import Engine
import Testing

@Suite struct ArenaTests {
  private static let total = BufferArena.largestBytes

  @Test func `a lease is a power of two of at least a page`() throws {
    var arena = BufferArena(totalBytes: Self.total)
    for (bytes, capacity) in [(1, 4096), (4096, 4096), (4097, 8192), (100_000, 131_072)] {
      let lease = arena.lease(bytes)
      let buffer = try #require(lease)
      #expect(buffer.capacity == UInt32(capacity))
      #expect(buffer.offset % UInt32(capacity) == 0)
    }
  }

  @Test func `pieces grow together again when all are back`() throws {
    var arena = BufferArena(totalBytes: Self.total)
    var buffers: [BufferReference] = []
    while let buffer = arena.lease(1 << 20) { buffers.append(buffer) }
    #expect(buffers.count == 32)
    let free = arena.freeBytes
    #expect(free == 0)
    for buffer in buffers.reversed() { arena.release(buffer) }
    let whole = arena.lease(BufferArena.largestBytes)
    #expect(whole?.capacity == UInt32(BufferArena.largestBytes))
  }

  @Test func `the piece returned last is leased first`() {
    var arena = BufferArena(totalBytes: Self.total)
    let buffers = (0..<8).compactMap { _ in arena.lease(4096) }
    #expect(buffers.count == 8)
    arena.release(buffers[1])
    arena.release(buffers[4])
    let first = arena.lease(4096)
    let second = arena.lease(4096)
    #expect(first == buffers[4])
    #expect(second == buffers[1])
  }

  @Test func `a full arena leases nothing`() {
    var arena = BufferArena(totalBytes: Self.total)
    let whole = arena.lease(Self.total)
    let more = arena.lease(1)
    #expect(whole != nil && more == nil)
  }

  @Test func `a buffer is not released twice`() async {
    await #expect(processExitsWith: .failure) {
      var arena = BufferArena(totalBytes: BufferArena.largestBytes)
      guard let buffer = arena.lease(4096) else { return }
      arena.release(buffer)
      arena.release(buffer)
    }
  }

  @Test(arguments: 1...8)
  func `leases never overlap, and every byte is accounted for`(seed: UInt64) {
    var state = seed
    func draw(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    var arena = BufferArena(totalBytes: 2 * Self.total)
    var owner = Array(repeating: 0, count: 2 * Self.total / BufferArena.pageBytes)
    var leased: [Int: BufferReference] = [:]
    var numbers: [Int] = []
    for number in 1...3_000 {
      if draw(100) < 55 {
        guard let buffer = arena.lease(1 + draw(1 << (10 + draw(14)))) else { continue }
        for page in pages(of: buffer) {
          #expect(owner[page] == 0)
          owner[page] = number
        }
        leased[number] = buffer
        numbers.append(number)
      } else if !numbers.isEmpty {
        let gone = numbers.remove(at: draw(numbers.count))
        guard let buffer = leased.removeValue(forKey: gone) else { continue }
        for page in pages(of: buffer) {
          #expect(owner[page] == gone)
          owner[page] = 0
        }
        arena.release(buffer)
      }
      let taken = leased.values.reduce(0) { $0 + Int($1.capacity) }
      let free = arena.freeBytes
      #expect(free == 2 * Self.total - taken)
    }
  }

  private func pages(of buffer: BufferReference) -> Range<Int> {
    let first = Int(buffer.offset) / BufferArena.pageBytes
    return first..<first + Int(buffer.capacity) / BufferArena.pageBytes
  }
}

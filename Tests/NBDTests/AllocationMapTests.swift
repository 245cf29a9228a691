import NBD
import Testing

@Suite("What a client is told of holes")
struct AllocationMapTests {
  private func extents(
    offset: UInt64 = 0, length: UInt64, block: UInt32 = 512, _ findings: [(UInt64, Bool)]
  ) -> [AllocationExtent] {
    var map = AllocationMap(offset: offset, length: length, blockBytes: block)
    for (position, isHole) in findings { map.add(until: position, isHole: isHole) }
    return map.extents
  }

  @Test("findings follow each other, and reach no further than was asked")
  func clamped() {
    #expect(
      extents(offset: 4096, length: 8192, [(8192, true), (1 << 40, false)])
        == [
          AllocationExtent(lengthBytes: 4096, isHole: true),
          AllocationExtent(lengthBytes: 8192 - 4096, isHole: false),
        ])
  }

  @Test("neighbours of one kind are one")
  func joined() {
    #expect(
      extents(length: 4096, [(1024, false), (2048, false), (4096, true)])
        == [
          AllocationExtent(lengthBytes: 2048, isHole: false),
          AllocationExtent(lengthBytes: 2048, isHole: true),
        ])
  }

  @Test("a block that is a hole only in part is data")
  func rounded() {
    #expect(
      extents(
        length: 65536, block: 4096, [(5000, true), (9000, false), (20000, true), (65536, false)])
        == [
          AllocationExtent(lengthBytes: 4096, isHole: true),
          AllocationExtent(lengthBytes: 8192, isHole: false),
          AllocationExtent(lengthBytes: 4096, isHole: true),
          AllocationExtent(lengthBytes: 49152, isHole: false),
        ])
  }

  @Test("a hole within one block is not told, and nothing twice")
  func small() {
    #expect(
      extents(length: 8192, block: 4096, [(100, false), (200, true), (8192, false)])
        == [AllocationExtent(lengthBytes: 8192, isHole: false)])
    #expect(
      extents(length: 4096, [(4096, false), (2048, true)])
        == [AllocationExtent(lengthBytes: 4096, isHole: false)])
  }

  @Test("the number of extents is bounded, and the client asks on from their end")
  func bounded() {
    var map = AllocationMap(offset: 0, length: 1 << 30, blockBytes: 512)
    var position: UInt64 = 0
    while map.next != nil {
      position += 512
      map.add(until: position, isHole: position % 1024 == 0)
    }
    #expect(map.extents.count == AllocationMap.extentsMax)
    #expect(map.extents.allSatisfy { $0.lengthBytes == 512 })
    // Found by the fuzzer: who did not ask whether there is more to say went beyond the bound.
    map.add(until: position + 4096, isHole: position % 1024 != 0)
    map.add(until: .max, isHole: position % 1024 == 0)
    #expect(map.extents.count == AllocationMap.extentsMax)
  }

  @Test("whatever is found, the rules hold", arguments: 1...200)
  func property(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let block = UInt32(512) << UInt32.random(in: 0...3, using: &random)
    let start = UInt64(block) * UInt64.random(in: 0...100, using: &random)
    let length = UInt64(block) * UInt64.random(in: 1...100, using: &random)
    var map = AllocationMap(offset: start, length: length, blockBytes: block)
    // What is a hole of the medium, byte by byte in units of 256.
    var holes: [(UInt64, Bool)] = []
    var position = start
    while position < start + length + 4096 {
      let isHole = Bool.random(using: &random)
      position += 256 * UInt64.random(in: 1...40, using: &random)
      holes.append((position, isHole))
      map.add(until: position, isHole: isHole)
    }
    #expect(map.extents.reduce(0) { $0 + $1.lengthBytes } == length)
    #expect(map.extents.allSatisfy { $0.lengthBytes > 0 && $0.lengthBytes % UInt64(block) == 0 })
    #expect(zip(map.extents, map.extents.dropFirst()).allSatisfy { $0.isHole != $1.isHole })
    // Nothing that holds data is told to be a hole.
    var told = start
    for extent in map.extents {
      if extent.isHole {
        for place in stride(from: told, to: told + extent.lengthBytes, by: 256) {
          #expect(holes.first { place < $0.0 }?.1 == true)
        }
      }
      told += extent.lengthBytes
    }
  }
}

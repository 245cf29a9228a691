import BlockIO
import NBD
import Testing

@Suite("Requests in pieces")
struct RequestSplitterTests {
  private static func export(
    size: UInt64 = 1 << 40, minimum: UInt32 = 1, maximum: UInt32 = 1 << 25
  ) -> NegotiatedExport {
    NegotiatedExport(
      sizeBytes: size, flags: .hasFlags, minimumBlockBytes: minimum,
      preferredBlockBytes: max(512, minimum), maximumBlockBytes: maximum, structuredReplies: true)
  }

  @Test("a device with smaller blocks than the server's is refused at its creation")
  func smallBlocks() {
    #expect(throws: SplitRefusal.blockTooSmall(deviceBlockBytes: 512, minimumBlockBytes: 4096)) {
      _ = try RequestSplitter(export: Self.export(minimum: 4096), deviceBlockBytes: 512)
    }
  }

  @Test(
    "the longest piece suits server, device and owner",
    arguments: [
      (1, 512, 1 << 25, 1 << 25), (1, 512, 0xffff_ffff, 1 << 25), (512, 512, 70000, 69632),
      (512, 65536, 60000, 59904), (4096, 4096, 5000, 4096), (1, 4096, 512, 512),
    ] as [(UInt32, UInt32, UInt32, UInt32)])
  func longest(minimum: UInt32, block: UInt32, maximum: UInt32, expected: UInt32) throws {
    let splitter = try RequestSplitter(
      export: Self.export(minimum: minimum, maximum: maximum), deviceBlockBytes: block)
    #expect(splitter.pieceBytesMax == expected)
  }

  @Test("what lies outside or between blocks has no pieces")
  func refused() throws {
    let splitter = try RequestSplitter(
      export: Self.export(size: 8192, minimum: 512), deviceBlockBytes: 512)
    for (offset, length) in [(1, 512), (0, 100), (8192, 512), (7680, 1024), (0, 16384)]
      as [(UInt64, UInt64)]
    {
      let range = try #require(ByteRange(offset: offset, length: length))
      #expect(splitter.pieces(of: range) == nil)
    }
    #expect(splitter.pieces(of: .empty)?.count == 0)
    let whole = try #require(ByteRange(offset: 0, length: 8192))
    #expect(splitter.pieces(of: whole)?.map(\.length) == [8192])
  }

  @Test("pieces follow each other, fit and are aligned", arguments: 0..<300 as Range<UInt64>)
  func pieces(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let minimum: UInt32 = 1 << UInt32.random(in: 0...16, using: &random)
    let block = max(512, minimum) << UInt32.random(in: 0...2, using: &random)
    let maximum = UInt32.random(in: max(512, minimum)...(1 << 22), using: &random)
    let splitter = try RequestSplitter(
      export: Self.export(minimum: minimum, maximum: maximum), deviceBlockBytes: block)
    let start = UInt64.random(in: 0...1000, using: &random) * UInt64(block)
    let length = UInt64.random(in: 1...200, using: &random) * UInt64(block)
    let range = try #require(ByteRange(offset: start, length: length))
    let pieces = try #require(splitter.pieces(of: range))
    var next = start
    var count = 0
    for piece in pieces {
      #expect(piece.offset == next)
      #expect(piece.length > 0 && piece.length <= UInt64(maximum))
      #expect((piece.offset | piece.length) % UInt64(minimum) == 0)
      next = piece.end
      count += 1
    }
    #expect(next == range.end)
    #expect(count == pieces.count)
  }
}

import BlockIO
import NBD
import Testing

/// What a request may be depends on what its connection has agreed on.
@Suite("Requests under other terms")
struct ConnectionTermsTests {
  private static let limits = RequestLimits(
    sizeBytes: 1 << 40, minimumBlockBytes: 512, maximumPayloadBytes: 65536,
    flags: [.hasFlags, .sendFlush, .sendFUA, .sendTrim, .sendWriteZeroes])
  private static let structured = ConnectionTerms(replies: .structured, hasAllocation: true)
  private static let extended = ConnectionTerms(replies: .extended, hasAllocation: true)

  private func decide(_ bytes: [UInt8], _ terms: ConnectionTerms) -> RequestDecision {
    RequestCheck.decide(
      RequestHeader.decode(unsafe bytes.span.bytes, terms.replies), limits: Self.limits,
      terms: terms)
  }

  private func range(_ offset: UInt64, _ length: UInt64) throws -> ByteRange {
    try #require(ByteRange(offset: offset, length: length))
  }

  // t27
  @Test("DF is known where replies are structured")
  func dontFragment() throws {
    let read = Bytes.request(flags: 4, type: 0, length: 512)
    #expect(decide(read, ConnectionTerms()) == .reject(.invalid, payloadBytes: 0))
    #expect(decide(read, Self.structured) == .accept(.read, [], try range(0, 512)))
  }

  // t05
  @Test("DF and REQ_ONE elsewhere are refused")
  func misplaced() {
    for type in [1, 3, 4, 6, 7] as [UInt16] {
      let bytes = Bytes.request(flags: 4, type: type, length: 512)
      #expect(
        decide(bytes, Self.structured) == .reject(.invalid, payloadBytes: type == 1 ? 512 : 0))
    }
    for type in [0, 1, 3, 4, 6] as [UInt16] {
      let bytes = Bytes.request(flags: 8, type: type, length: 512)
      #expect(
        decide(bytes, Self.structured) == .reject(.invalid, payloadBytes: type == 1 ? 512 : 0))
    }
  }

  // t24, t25
  @Test("block status is described only where the context was chosen, and inside the export")
  func blockStatus() throws {
    let whole = Bytes.request(type: 7, offset: 512, length: 1024)
    #expect(decide(whole, ConnectionTerms()) == .reject(.invalid, payloadBytes: 0))
    let unchosen = ConnectionTerms(replies: .structured)
    #expect(decide(whole, unchosen) == .reject(.invalid, payloadBytes: 0))
    #expect(decide(whole, Self.structured) == .describe(try range(512, 1024), one: false))
    let one = Bytes.request(flags: 8, type: 7, offset: 512, length: 1024)
    #expect(decide(one, Self.structured) == .describe(try range(512, 1024), one: true))
    for (offset, length) in [(0, 0), (1 << 40, 512), (1 << 63, 512), (0, 100)]
      as [(UInt64, UInt32)]
    {
      let bytes = Bytes.request(type: 7, offset: offset, length: length)
      #expect(decide(bytes, Self.structured) == .reject(.invalid, payloadBytes: 0))
    }
  }

  // t40
  @Test("a read-only way to an export that may be changed takes no change")
  func readOnly() throws {
    let terms = ConnectionTerms(isReadOnly: true)
    for type in [1, 4, 6] as [UInt16] {
      let bytes = Bytes.request(type: type, length: 512)
      #expect(decide(bytes, terms) == .reject(.notPermitted, payloadBytes: type == 1 ? 512 : 0))
    }
    #expect(
      decide(Bytes.request(type: 0, length: 512), terms) == .accept(.read, [], try range(0, 512)))
  }

  @Test("extended headers have a magic of their own, and either is wrong where the other is right")
  func magic() {
    let compact = Bytes.request(type: 0, length: 512) + [0, 0, 0, 0]
    #expect(decide(compact, Self.extended) == .fatal(.badRequestMagic(0x2560_9513)))
    let extended = Bytes.extendedRequest(type: 0, length: 512)
    #expect(decide(extended, Self.structured) == .fatal(.badRequestMagic(0x21e4_1c71)))
  }

  @Test("lengths without payload may have 64 bits, those with payload have their limit")
  func long() throws {
    for (type, operation) in [(4, .discard), (6, .writeZeroes)] as [(UInt16, BlockIO.Operation)] {
      #expect(
        decide(Bytes.extendedRequest(type: type, length: 1 << 40), Self.extended)
          == .accept(operation, [], try range(0, 1 << 40)))
    }
    #expect(
      decide(Bytes.extendedRequest(type: 7, length: 1 << 40), Self.extended)
        == .describe(try range(0, 1 << 40), one: false))
    #expect(
      decide(Bytes.extendedRequest(type: 0, length: 1 << 40), Self.extended)
        == .reject(.invalid, payloadBytes: 0))
    for length in [131_584, 1 << 32, .max] as [UInt64] {
      #expect(
        decide(Bytes.extendedRequest(flags: 0x20, type: 1, length: length), Self.extended)
          == .fatal(.payloadTooLong(lengthBytes: length)))
    }
  }

  @Test("with extended headers a flag says whether a payload follows, and only WRITE may have one")
  func payload() throws {
    #expect(
      decide(Bytes.extendedRequest(flags: 0x20, type: 1, length: 512), Self.extended)
        == .accept(.write, [], try range(0, 512)))
    #expect(
      decide(Bytes.extendedRequest(type: 1, length: 512), Self.extended)
        == .reject(.invalid, payloadBytes: 0))
    for type in [0, 3, 4, 5, 6, 7, 8, 99] as [UInt16] {
      #expect(
        decide(Bytes.extendedRequest(flags: 0x20, type: type, length: 512), Self.extended)
          == .reject(.invalid, payloadBytes: 512))
    }
    #expect(
      decide(Bytes.request(flags: 0x20, type: 1, length: 512), Self.structured)
        == .reject(.invalid, payloadBytes: 512))
  }
}

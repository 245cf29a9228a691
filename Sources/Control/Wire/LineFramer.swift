/// Cuts a byte stream into lines and never holds more than one line of the allowed length.
///
/// The events depend only on the bytes, not on how they were split on the way. A line that grows
/// too long is reported once, at the byte that breaks the limit and not at its end, which may
/// never come; its rest is thrown away and the next line is read as usual.
package struct LineFramer: ~Copyable {
  /// What the stream contained.
  package enum Event: Hashable, Sendable {
    /// A whole line, without its line feed.
    case line([UInt8])
    /// A line longer than the limit began; nothing of it is kept.
    case overflow
  }

  package static let lineFeed = UInt8(ascii: "\n")

  package let lineBytesMax: Int
  private var pending: [UInt8] = []
  private var isSkipping = false

  package init(lineBytesMax: Int) {
    precondition(lineBytesMax > 0)
    self.lineBytesMax = lineBytesMax
  }

  /// Bytes of an unfinished line held now.
  package var pendingBytes: Int { pending.count }

  /// Takes the next bytes of the stream and returns what they completed, in order.
  package mutating func feed(_ bytes: [UInt8]) -> [Event] {
    var events: [Event] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: Self.lineFeed) {
      take(rest[..<end], into: &events)
      if !isSkipping { events.append(.line(pending)) }
      pending.removeAll()
      isSkipping = false
      rest = rest[(end + 1)...]
    }
    take(rest, into: &events)
    return events
  }

  /// Takes bytes without a line feed.
  private mutating func take(_ piece: ArraySlice<UInt8>, into events: inout [Event]) {
    guard !isSkipping else { return }
    guard pending.count + piece.count <= lineBytesMax else {
      events.append(.overflow)
      pending.removeAll()
      isSkipping = true
      return
    }
    pending.append(contentsOf: piece)
  }
}

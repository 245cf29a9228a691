/// The beginning and the end of a medium, where others keep what they know about it.
package struct MediumEnds: Sendable {
  /// As much as the recognisers look at: ZFS's first label, and its last two with what may follow them.
  package static let headBytes: UInt64 = 256 << 10
  package static let tailBytes: UInt64 = 1 << 20

  package let sizeBytes: UInt64
  /// The sector that a label would take.
  package let sectorBytes: UInt32
  private let head: [UInt8]
  private let tail: [UInt8]

  /// - Parameters:
  ///   - head: The first bytes of the medium, `headBytes` or all of it.
  ///   - tail: The last bytes of the medium, `tailBytes` or all of it.
  package init(sizeBytes: UInt64, sectorBytes: UInt32, head: [UInt8], tail: [UInt8]) {
    self.sizeBytes = sizeBytes
    self.sectorBytes = sectorBytes
    self.head = head
    self.tail = tail
  }

  /// The end of what would be left to users.
  var labelOffset: UInt64 { sizeBytes - min(sizeBytes, UInt64(sectorBytes)) }

  /// Bytes at an offset from the beginning; nil where nothing was read.
  func bytes(at offset: UInt64, _ count: Int) -> [UInt8]? {
    let length = UInt64(count)
    guard offset <= sizeBytes, length <= sizeBytes - offset else { return nil }
    if offset + length <= UInt64(head.count) {
      return Array(head[Int(offset)..<Int(offset) + count])
    }
    let tailOffset = sizeBytes - UInt64(tail.count)
    guard offset >= tailOffset else { return nil }
    let start = Int(offset - tailOffset)
    return Array(tail[start..<start + count])
  }

  /// Bytes that end `distance` bytes before the end of the medium begin there.
  func bytes(fromEnd distance: UInt64, _ count: Int) -> [UInt8]? {
    distance > sizeBytes ? nil : bytes(at: sizeBytes - distance, count)
  }

  func has(_ text: String, at offset: UInt64) -> Bool {
    bytes(at: offset, text.utf8.count) == Array(text.utf8)
  }

  func has(_ text: String, fromEnd distance: UInt64) -> Bool {
    bytes(fromEnd: distance, text.utf8.count) == Array(text.utf8)
  }

  func littleEndian(at offset: UInt64, bytes count: Int) -> UInt64? {
    bytes(at: offset, count)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func bigEndian(at offset: UInt64, bytes count: Int) -> UInt64? {
    bytes(at: offset, count)?.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// What a daemon tells its guardian: all the devices to guard, each time that they change.
///
/// A line for each device, its seconds and its identifier, then an empty line. Only what an empty line
/// follows counts: a daemon may be killed in the middle of its words.
package struct GuardedList {
  /// The last complete list; nil before there was one.
  package private(set) var devices: [GuardedDevice]?
  private var unfinished: [GuardedDevice] = []
  private var line: [UInt8] = []
  /// Longer than any line that a daemon writes.
  private static let lineBytesMax = 512

  package init() {}

  /// The words for a list.
  package static func text(_ devices: [GuardedDevice]) -> String {
    devices.map { "\($0.deadConnSeconds) \($0.identifier)\n" }.joined() + "\n"
  }

  /// Takes what has arrived. Lines that are none are passed over.
  package mutating func take(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte == LineFramer.lineFeed {
        endLine()
      } else if line.count < Self.lineBytesMax {
        line.append(byte)
      }
    }
  }

  private mutating func endLine() {
    defer { line.removeAll(keepingCapacity: true) }
    if line.isEmpty {
      devices = unfinished
      unfinished = []
      return
    }
    let words = String(decoding: line, as: UTF8.self).split(separator: " ")
    guard line.count < Self.lineBytesMax, words.count == 2, let seconds = UInt64(words[0])
    else { return }
    unfinished.append(
      GuardedDevice(identifier: String(words[1]), deadConnSeconds: seconds))
  }
}

internal import FoundationEssentials

/// One line of a connection that traces: a piece of the trace file, or how it ended.
package struct TraceLine: Codable, Hashable, Sendable {
  /// Base64.
  package let chunk: String?
  package let end: End?

  /// How a trace ended, and what is in it.
  package struct End: Codable, Hashable, Sendable {
    package let reason: Reason
    package let inputs: UInt64
    /// Inputs that happened and are not in the file.
    package let missing: UInt64

    package init(reason: Reason, inputs: UInt64, missing: UInt64) {
      self.reason = reason
      self.inputs = inputs
      self.missing = missing
    }
  }

  /// Why a trace ended.
  package enum Reason: String, Codable, Hashable, Sendable {
    /// Its time was over, or its client wanted no more.
    case asked
    /// It has as many bytes as it may have.
    case full
    /// The client took it too slowly.
    case tooSlow = "too-slow"
    /// The device was destroyed, or the daemon is ending.
    case deviceGone = "device-gone"
    /// The daemon did something that traces do not know.
    case unrecorded
  }

  package init(chunk bytes: [UInt8]) {
    chunk = Data(bytes).base64EncodedString()
    end = nil
  }

  package init(end: End) {
    chunk = nil
    self.end = end
  }

  /// The bytes of the chunk; nil when there is none, or it is no base64.
  package var bytes: [UInt8]? { chunk.flatMap { Data(base64Encoded: $0) }.map { Array($0) } }

  /// The line with its line feed.
  package func encoded() throws(ControlError) -> [UInt8] {
    try Wire.encode(self) + [LineFramer.lineFeed]
  }

  package static func decode(_ line: [UInt8]) throws(ControlError) -> TraceLine {
    try Wire.decode(TraceLine.self, from: line, what: "piece of the trace")
  }
}

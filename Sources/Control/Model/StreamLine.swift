/// One line of a subscribed connection: an event, or how many were left out because the reader was slow.
package struct StreamLine: Codable, Hashable, Sendable {
  package let event: EventRecord?
  package let missed: UInt64?

  package init(event: EventRecord) {
    self.event = event
    missed = nil
  }

  package init(missed: UInt64) {
    event = nil
    self.missed = missed
  }

  /// The line with its line feed.
  package func encoded() throws(ControlError) -> [UInt8] {
    try Wire.encode(self) + [LineFramer.lineFeed]
  }

  /// An event alone as a line, for `--json`.
  package static func json(_ event: EventRecord) throws(ControlError) -> [UInt8] {
    try Wire.encode(VersionedDocument(content: event)) + [LineFramer.lineFeed]
  }

  package static func decode(_ line: [UInt8]) throws(ControlError) -> StreamLine {
    try Wire.decode(StreamLine.self, from: line, what: "event")
  }
}

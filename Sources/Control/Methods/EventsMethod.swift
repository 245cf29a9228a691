/// `events`: what has happened lately, oldest first.
package enum EventsMethod: ControlMethod {
  package static let name = "events"
  package static let access = ControlAccess.reading

  /// Which events.
  package struct Params: Codable, Hashable, Sendable {
    /// Nil means those of every device.
    package let name: String?
    /// At most so many of the newest; nil means all that are remembered.
    package let last: Int?

    package init(name: String? = nil, last: Int? = nil) {
      self.name = name
      self.last = last
    }
  }

  /// The events that are remembered.
  package struct Result: Codable, Hashable, Sendable {
    package let events: [EventRecord]

    package init(events: [EventRecord]) {
      self.events = events
    }
  }
}

/// Something that happened to a device or one of its paths. Only what the kind has is there.
package struct EventRecord: Codable, Hashable, Sendable {
  /// Goes up by one with each event of the daemon; a gap means that events are missing.
  package let sequence: UInt64
  /// Milliseconds since 1970 UTC.
  package let time: UInt64
  package let kind: EventKind
  package let device: String
  /// The path's short name.
  package var path: String?
  /// Why, in words, such as `EIO on write at 4096`.
  package var cause: String?
  package var errno: Int?
  /// How long what is now over has lasted: a path's silence or a request's wait before a failover, or the
  /// time for which requests waited for a path.
  package var durationMicroseconds: UInt64?
  /// A stall's attempts that went elsewhere, and those that could not.
  package var reissued: Int?
  package var waiting: Int?
  /// The active path before and after; nil for none.
  package var from: String?
  package var to: String?
  /// The device's new state.
  package var state: DeviceStatus.State?

  package init(sequence: UInt64, time: UInt64, kind: EventKind, device: String) {
    self.sequence = sequence
    self.time = time
    self.kind = kind
    self.device = device
  }
}

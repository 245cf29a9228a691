/// What happened, as a word that programs may branch on.
package enum EventKind: String, CaseIterable, Codable, Sendable {
  case deviceCreated = "device-created"
  case deviceDestroyed = "device-destroyed"
  case deviceState = "device-state"
  case settingsChanged = "settings-changed"
  case pathAdded = "path-added"
  case pathRemoved = "path-removed"
  case pathFailed = "path-failed"
  case pathLost = "path-lost"
  case pathForeign = "path-foreign"
  case pathHeld = "path-held"
  case pathStalled = "path-stalled"
  case pathResolved = "path-resolved"
  case pathRestored = "path-restored"
  /// The active path went out of service and another took over.
  case failover
  /// The active path changed for another reason.
  case activeChanged = "active-changed"
  case queueBegan = "queue-began"
  case queueEnded = "queue-ended"
  /// A change waits for one of the same bytes that may still happen on another path, or for a fence.
  case holdBegan = "hold-began"
  case holdEnded = "hold-ended"
  case deviceResized = "device-resized"
  case mediumShrunk = "medium-shrunk"
  case mediumRegrown = "medium-regrown"
  case mediumError = "medium-error"
  case clientDropped = "client-dropped"
  /// Changes wait until a path has been cut off from the medium.
  case fenceBegan = "fence-began"
  case fenceFailed = "fence-failed"
  case fenceSucceeded = "fence-succeeded"
  case fenceNotNeeded = "fence-not-needed"
  /// A FLUSH failed, since acknowledged writes may be in the cache of a path that is gone.
  case flushFailed = "flush-failed"
  /// A newer daemon's word.
  case other

  /// Reads a kind, taking one that is not known here for `other`.
  package init(from decoder: any Decoder) throws {
    let word = try decoder.singleValueContainer().decode(String.self)
    self = EventKind(rawValue: word) ?? .other
  }
}

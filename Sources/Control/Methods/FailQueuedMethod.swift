/// `fail-queued`: fail every request that waits for a path or for a ghost.
package enum FailQueuedMethod: ControlMethod {
  package static let name = "fail-queued"
  package static let access = ControlAccess.changing

  package typealias Params = OneDevice

  /// What became of them.
  package struct Result: Codable, Hashable, Sendable {
    /// Requests that were answered with EIO.
    package let failed: Int

    package init(failed: Int) {
      self.failed = failed
    }
  }
}

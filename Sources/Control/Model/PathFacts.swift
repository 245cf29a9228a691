/// What is known of a path that is one of a device, or might be. Only what is known is there.
package struct PathFacts: Codable, Hashable, Sendable {
  /// What is known of it in one word.
  package enum State: String, CaseIterable, Codable, Sendable {
    /// It has not been looked at yet.
    case new
    /// A device uses it.
    case inService = "in-service"
    case unlabelled
    case labelled
    /// It has something like a label, which is not used.
    case refused
    /// Mounted, or used by something else: it is never touched.
    case busy
    case unreadable
    /// It was looked at and has not answered so far.
    case silent
    /// A newer daemon's word.
    case other

    /// Reads a state, taking one that is not known here for `other`.
    package init(from decoder: any Decoder) throws {
      let word = try decoder.singleValueContainer().decode(String.self)
      self = State(rawValue: word) ?? .other
    }
  }

  package let path: String
  package var state: State
  package var reason: String?
  /// Such as `sdb`, and `8:16`.
  package var kernelName: String?
  package var number: String?
  /// Other names below /dev.
  package var aliases: [String]?
  package var serial: String?
  package var wwn: String?
  package var model: String?
  package var sizeBytes: UInt64?
  package var blockBytes: UInt32?
  /// Of its label.
  package var uuid: String?
  package var label: String?
  /// The device that has it.
  package var device: String?

  package init(path: String, state: State) {
    self.path = path
    self.state = state
  }
}

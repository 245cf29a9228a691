/// Everything an operator can know about one path at one moment.
package struct PathStatus: Codable, Hashable, Sendable {
  /// What a path is doing for its device.
  package enum State: String, CaseIterable, Codable, Sendable {
    /// Carries everything, or its share of everything.
    case active = "ACTIVE"
    /// Usable, waiting for the active path to fail.
    case passive = "PASSIVE"
    /// Usable, carries reads.
    case read = "READ"
    /// Out of use because of an error.
    case fail = "FAIL"
    /// Out of use because an operator said so.
    case held = "HELD"
    /// Out of use while probes find out whether it can come back.
    case probing = "PROBING"
    /// Its medium or its node is gone.
    case lost = "LOST"
    /// Being opened and identified.
    case new = "NEW"
    /// Shows another medium than the device's; never used.
    case foreign = "FOREIGN"

    /// True when requests may be sent to the path.
    package var isUsable: Bool {
      switch self {
      case .active, .passive, .read: true
      case .fail, .held, .probing, .lost, .new, .foreign: false
      }
    }
  }

  /// What a path is made of.
  package enum Kind: String, CaseIterable, Codable, Sendable {
    case block
    case file
    /// An export of an NBD server.
    case nbd
  }

  /// The short name, such as `loop1`.
  package let name: String
  /// The full name, such as `/dev/loop1`.
  package let path: String
  package let kind: Kind
  package let state: State
  /// When the path came into this state, in milliseconds since 1970 UTC.
  package let since: UInt64
  /// What happened, such as `EIO on write at 4096`; nil when nothing did.
  package let reason: String?
  package let errno: Int?
  /// What the errno means, such as `Input/output error`.
  package let meaning: String?
  /// What the operator can do about it.
  package let hint: String?
  package let sizeBytes: UInt64
  /// Attempts on the path that have not ended.
  package let outstanding: Int
  /// True when the path bypasses the page cache.
  package let direct: Bool
  /// Of the attempts that have not ended, those that were given up.
  package let unresolved: Int?
  /// Times the path was found to be stalled.
  package let stalls: UInt64?
  /// How long it may be silent now before it is suspect.
  package let patienceMilliseconds: UInt64?
  /// Its group, and its share under service-time.
  package let priority: Int?
  package let weight: Int?
  /// Where the connections of an NBD path lead, such as `192.0.2.7:10809`, and how many there are.
  package let server: String?
  package let connections: Int?
  /// A path that failed soon after each of its last returns is not probed before this, in milliseconds since
  /// 1970 UTC.
  package let keptOutUntil: UInt64?

  package init(
    name: String, path: String, kind: Kind, state: State, since: UInt64, reason: String? = nil,
    errno: Int? = nil, hint: String? = nil, sizeBytes: UInt64, outstanding: Int, direct: Bool,
    unresolved: Int? = nil, stalls: UInt64? = nil, patienceMilliseconds: UInt64? = nil,
    priority: Int? = nil, weight: Int? = nil, server: String? = nil, connections: Int? = nil,
    meaning: String? = nil, keptOutUntil: UInt64? = nil
  ) {
    self.name = name
    self.path = path
    self.kind = kind
    self.state = state
    self.since = since
    self.reason = reason
    self.errno = errno
    self.meaning = meaning
    self.hint = hint
    self.sizeBytes = sizeBytes
    self.outstanding = outstanding
    self.direct = direct
    self.unresolved = unresolved
    self.stalls = stalls
    self.patienceMilliseconds = patienceMilliseconds
    self.priority = priority
    self.weight = weight
    self.server = server
    self.connections = connections
    self.keptOutUntil = keptOutUntil
  }
}

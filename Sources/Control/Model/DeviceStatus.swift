/// Everything an operator can know about one device at one moment.
package struct DeviceStatus: Codable, Hashable, Sendable {
  /// How the device is, in gmultipath's words except for its BROKEN, which is FAILED here.
  package enum State: String, CaseIterable, Codable, Sendable {
    /// Every path is usable, and there is more than one.
    case optimal = "OPTIMAL"
    /// It works, but the next failure may be the last.
    case degraded = "DEGRADED"
    /// No path is usable; requests wait or fail.
    case failed = "FAILED"
  }

  /// Where the knowledge of which paths belong together comes from.
  package enum Kind: String, CaseIterable, Codable, Sendable {
    /// An operator named the paths.
    case manual = "MANUAL"
    /// A label on the medium names the device.
    case automatic = "AUTOMATIC"
  }

  package let name: String
  package let state: State
  package let mode: DeviceMode
  package let type: Kind
  package let sizeBytes: UInt64
  package let blockBytes: UInt32
  /// The data socket's absolute path.
  package let socket: String
  package let uri: String
  /// NBD clients connected now.
  package let sessions: Int
  /// Requests that wait for a usable path.
  package let queuedRequests: Int
  /// Oldest first, as gmultipath lists them.
  package let paths: [PathStatus]
  /// Payload of the requests that wait for a usable path.
  package let queuedBytes: UInt64?
  /// Attempts that were given up and may still change the medium.
  package let ghosts: Int?
  /// Requests that wait for a ghost.
  package let heldRequests: Int?
  /// The name of the path that failback returns to.
  package let preferred: String?
  /// What `set` can change, by key.
  package let settings: [String: String]?
  /// Nil when it is not attached to the kernel.
  package let kernel: KernelDeviceStatus?
  /// Whether the paths share a cache.
  package let cache: CacheFacts?
  /// Of the label; nil for a device without one.
  package let uuid: String?
  /// Ranges that every path answered with an error.
  package let mediumErrors: [MediumErrorFacts]?

  /// How long the request that has waited longest for a ghost has done so.
  package var heldMilliseconds: UInt64?
  /// How much of the medium is there, when it has shrunk: requests beyond are refused.
  package var usableBytes: UInt64?
  /// Where its disk is plugged in, as all of its paths say it, with `/mp` behind it.
  package var physicalPath: String?
  /// Why the device is smaller than its medium, which has grown; nil while it is not.
  package var refusedGrowth: GrowthFacts?
  /// Where it is served besides its own socket.
  package var exports: [ExportStatus]?
  /// NBD clients that were told another size than the device has now.
  package var staleSessions: Int?

  package init(
    name: String, state: State, mode: DeviceMode, type: Kind = .manual, sizeBytes: UInt64,
    blockBytes: UInt32, socket: String, uri: String, sessions: Int, queuedRequests: Int,
    paths: [PathStatus], queuedBytes: UInt64? = nil, ghosts: Int? = nil, heldRequests: Int? = nil,
    preferred: String? = nil, settings: [String: String]? = nil,
    kernel: KernelDeviceStatus? = nil,
    cache: CacheFacts? = nil, mediumErrors: [MediumErrorFacts]? = nil, uuid: String? = nil
  ) {
    self.name = name
    self.state = state
    self.mode = mode
    self.type = type
    self.sizeBytes = sizeBytes
    self.blockBytes = blockBytes
    self.socket = socket
    self.uri = uri
    self.sessions = sessions
    self.queuedRequests = queuedRequests
    self.paths = paths
    self.queuedBytes = queuedBytes
    self.ghosts = ghosts
    self.heldRequests = heldRequests
    self.preferred = preferred
    self.settings = settings
    self.kernel = kernel
    self.cache = cache
    self.uuid = uuid
    self.mediumErrors = mediumErrors
  }
}

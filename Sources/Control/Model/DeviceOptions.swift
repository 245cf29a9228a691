/// What can be chosen when a device is made, beyond its mode and its paths.
package struct DeviceOptions: Codable, Hashable, Sendable {
  package static let noPathTimeoutSecondsDefault: UInt64 = 60
  /// One year; more means nothing to anybody and would overflow a clock in nanoseconds.
  package static let noPathTimeoutSecondsMax: UInt64 = 365 * 86_400

  /// How long requests wait for a usable path before they fail; 0 fails them at once.
  package let noPathTimeoutSeconds: UInt64
  package let io: PathIO
  /// Accept one medium under two names, which gives no redundancy but helps tests.
  package let allowDuplicate: Bool

  package init(
    noPathTimeoutSeconds: UInt64 = noPathTimeoutSecondsDefault, io: PathIO = .direct,
    allowDuplicate: Bool = false
  ) {
    self.noPathTimeoutSeconds = noPathTimeoutSeconds
    self.io = io
    self.allowDuplicate = allowDuplicate
  }

  /// Reads the options; what a client leaves out has the default.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    noPathTimeoutSeconds =
      try fields.decodeIfPresent(UInt64.self, forKey: .noPathTimeoutSeconds)
      ?? Self.noPathTimeoutSecondsDefault
    io = try fields.decodeIfPresent(PathIO.self, forKey: .io) ?? .direct
    allowDuplicate = try fields.decodeIfPresent(Bool.self, forKey: .allowDuplicate) ?? false
  }

  /// Refuses what no look at the system is needed to refuse.
  package func check() throws(ControlError) {
    guard noPathTimeoutSeconds <= Self.noPathTimeoutSecondsMax else {
      throw ControlError(
        .badRequest, "a no-path timeout of \(noPathTimeoutSeconds) seconds is too long",
        hint: "give 0 to \(Self.noPathTimeoutSecondsMax) seconds")
    }
  }
}

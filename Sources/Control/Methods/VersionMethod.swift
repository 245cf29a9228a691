/// `version`: which daemon answers here.
package enum VersionMethod: ControlMethod {
  package static let name = "version"
  package static let access = ControlAccess.reading

  package typealias Params = NoParams

  /// The daemon's identity.
  package struct Result: Codable, Hashable, Sendable {
    package let version: String
    package let protocolVersion: Int
    package let pid: Int
    /// When this daemon began, in milliseconds since 1970: an upgrade keeps the process.
    package let started: UInt64?

    package init(
      version: String, protocolVersion: Int = Wire.version, pid: Int, started: UInt64? = nil
    ) {
      self.version = version
      self.protocolVersion = protocolVersion
      self.pid = pid
      self.started = started
    }

    private enum CodingKeys: String, CodingKey {
      case version
      case protocolVersion = "protocol"
      case pid
      case started
    }
  }
}

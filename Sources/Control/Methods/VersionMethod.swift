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

    package init(version: String, protocolVersion: Int = Wire.version, pid: Int) {
      self.version = version
      self.protocolVersion = protocolVersion
      self.pid = pid
    }

    private enum CodingKeys: String, CodingKey {
      case version
      case protocolVersion = "protocol"
      case pid
    }
  }
}

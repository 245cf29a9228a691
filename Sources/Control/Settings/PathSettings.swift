/// What can be changed about one path while its device is in use.
package struct PathSettings: Codable, Hashable, Sendable {
  /// Its group: the usable paths with the lowest number carry everything.
  package var priority: UInt8
  /// Its share under service-time.
  package var weight: UInt8
  /// How many connections lead to its server, for an NBD path.
  package var connections: UInt8

  package init(priority: UInt8 = 0, weight: UInt8 = 1, connections: UInt8 = 1) {
    self.priority = priority
    self.weight = weight
    self.connections = connections
  }
}

extension PathSettings {
  /// What is not as it would be for a new path, by the keys of `set`.
  package func changes(of path: String) -> [String: String] {
    var changes: [String: String] = [:]
    for setting in PathSetting.all {
      let value = setting.format(self)
      if value != setting.format(PathSettings()) { changes["\(setting.name).\(path)"] = value }
    }
    return changes
  }
}

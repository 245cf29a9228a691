/// What an operator says about the caches behind the paths of a device.
package enum CacheRule: String, CaseIterable, Codable, Sendable {
  /// The daemon derives it from what the paths are.
  case auto
  /// One controller, server or kernel answers for all paths.
  case shared
  /// Each path has a cache of its own in front of the medium.
  case `private`
}

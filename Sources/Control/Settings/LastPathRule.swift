/// What becomes of a device whose last path is gone.
package enum LastPathRule: String, CaseIterable, Codable, Sendable {
  /// Requests wait for a path to return, as long as no-path-timeout says.
  case queue
  /// They fail at once; the device stays.
  case fail
  /// They fail at once, and the device ends (gmultipath).
  case destroy
}

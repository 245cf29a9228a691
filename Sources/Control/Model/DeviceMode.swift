/// How a device spreads requests over its paths.
package enum DeviceMode: String, CaseIterable, Codable, Sendable {
  /// Everything on one path; the others wait for it to fail.
  case activePassive = "active-passive"
  /// Everything on all paths.
  case activeActive = "active-active"
  /// Reads on all paths, everything else on one.
  case activeRead = "active-read"

  /// The mode that the flags `-A` and `-R` ask for; with both, `-R` wins, as in gmultipath.
  package init(activeActive: Bool, activeRead: Bool) {
    self = activeRead ? .activeRead : activeActive ? .activeActive : .activePassive
  }

  /// The mode as `list` shows it.
  package var title: String {
    switch self {
    case .activePassive: "Active/Passive"
    case .activeActive: "Active/Active"
    case .activeRead: "Active/Read"
    }
  }
}

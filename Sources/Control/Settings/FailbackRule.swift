/// When the preferred path becomes the active one again.
package enum FailbackRule: Hashable, Sendable {
  case manual
  case immediate
  case after(seconds: UInt64)

  package static let secondsMax: UInt64 = 86_400

  package init?(_ text: String) {
    switch text {
    case "manual": self = .manual
    case "immediate", "0": self = .immediate
    case _:
      guard let seconds = UInt64(text), seconds <= Self.secondsMax else { return nil }
      self = .after(seconds: seconds)
    }
  }

  package var text: String {
    switch self {
    case .manual: "manual"
    case .immediate: "immediate"
    case .after(let seconds): "\(seconds)"
    }
  }
}

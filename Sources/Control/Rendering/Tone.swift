/// How good or bad a shown word is; a terminal shows it as a colour.
package enum Tone: Hashable, Sendable {
  case plain
  case good
  case warning
  case bad

  init(_ state: DeviceStatus.State) {
    switch state {
    case .optimal: self = .good
    case .degraded: self = .warning
    case .failed: self = .bad
    }
  }

  init(_ state: PathStatus.State) {
    switch state {
    case .active, .passive, .read: self = .good
    case .held, .probing, .new: self = .warning
    case .fail, .lost, .foreign: self = .bad
    }
  }

  /// The number that selects the colour in a terminal's SGR sequence (ECMA-48, 8.3.117).
  private var colourNumber: Int? {
    switch self {
    case .plain: nil
    case .good: 32
    case .warning: 33
    case .bad: 31
    }
  }

  /// The text in this tone's colour, or as it is where there are no colours.
  func applied(to text: String, colours: Bool) -> String {
    guard colours, let colourNumber else { return text }
    return "\u{1b}[\(colourNumber)m\(text)\u{1b}[0m"
  }
}

/// What to do about a path that carries nothing.
package enum PathAdvice {
  /// The daemon's hint, which knows the case, or else what holds for every path in that state.
  static func text(for path: PathStatus, label: String, device: String) -> String? {
    path.hint.map { PrintableText.escaped($0) }
      ?? general(path.state, device: PrintableText.escaped(device), path: label)
  }

  /// What holds for every path in a state; nil for one that is in service.
  package static func general(
    _ state: PathStatus.State, device: String, path: String
  ) -> String? {
    let operands = "\(device) \(path)"
    return switch state {
    case .active, .passive, .read: nil
    case .fail: "repair the path, then mpctl restore \(operands)"
    case .held: "mpctl restore \(operands) puts it back into service"
    case .probing: "wait for the probes to end"
    case .lost: "bring it back and mpctl restore \(operands), or remove it"
    case .new: "wait until it is open"
    case .foreign: "connect the right medium and mpctl restore \(operands), or remove it"
    }
  }
}

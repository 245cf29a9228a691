/// What `status`, `list` and `stats` print when there is nothing to print.
enum NoDevices {
  static let text = "There are no devices. Make one with: mpctl create NAME PATH...\n"

  /// A device that is stopped is none that could be shown, and yet its operator looks for it.
  static func text(stopped: [String]?) -> String {
    guard let stopped else { return text }
    return lines(stopped, after: "No device runs. ").map { $0 + "\n" }.joined()
  }

  static func lines(_ stopped: [String], after start: String = "") -> [String] {
    let names = stopped.map { PrintableText.escaped($0) }.joined(separator: ", ")
    return WordWrap.lines(start + "Stopped: " + names, indent: 4)
  }
}

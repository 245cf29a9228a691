internal import Control

/// The name by which the program was called. Under that of FreeBSD's program it answers scripts made for that.
enum ProgramName {
  private static let usual = "mpctl"

  static let own: String = {
    let called = ProgramArguments.all.first?.split(separator: "/").last.map(String.init)
    return called.map { PrintableText.escaped($0) } ?? usual
  }()

  static let isGmultipath = own == "gmultipath"

  /// gmultipath knows 0 and 1. Refused paths of `label`, which it takes for a success, keep a status of their
  /// own: that it says nothing of them is a defect, and `--lenient` is for those who want it.
  static func status(_ code: Int32) -> Int32 {
    guard isGmultipath else { return code }
    switch code {
    case ExitStatus.unreachable.rawValue, ExitStatus.usage.rawValue:
      return ExitStatus.refused.rawValue
    case let other: return other
    }
  }

  /// What the parser of the command line says, under the program's name as everything else is.
  static func signed(_ text: String) -> String {
    let prefix = "Error: "
    return text.hasPrefix(prefix) ? "\(own): " + text.dropFirst(prefix.count) : text
  }
}

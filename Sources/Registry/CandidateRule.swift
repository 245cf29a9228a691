/// Which paths may be looked at for labels: patterns that allow, and patterns that deny, which win.
package struct CandidateRule: Sendable, Hashable {
  /// One line of a candidates file.
  package enum Line: Hashable, Sendable {
    case allow(String)
    case deny(String)
  }

  /// A line that says nothing known.
  package struct Mistake: Error, Hashable, Sendable {
    package let line: Int
    package let text: String
  }

  /// Disks and partitions, except for those that are made of others or come and go with programs.
  package var allowsDisks: Bool
  /// Absolute patterns as the shell has them, or addresses of NBD servers.
  package var allowed: [String]
  package var denied: [String]

  package init(allowsDisks: Bool, allowed: [String] = [], denied: [String] = []) {
    self.allowsDisks = allowsDisks
    self.allowed = allowed
    self.denied = denied
  }

  /// With the lines of a candidates file. Its first `allow` takes the place of the disks that are allowed otherwise.
  package func adding(_ lines: [Line]) -> CandidateRule {
    var rule = self
    for line in lines {
      switch line {
      case .allow(let pattern):
        rule.allowsDisks = false
        rule.allowed.append(pattern)
      case .deny(let pattern): rule.denied.append(pattern)
      }
    }
    return rule
  }

  /// The lines of a candidates file: `allow PATTERN` or `deny PATTERN`; what follows a `#` is passed over.
  package static func lines(of text: String) throws(Mistake) -> [Line] {
    var lines: [Line] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let said = line.prefix { $0 != "#" }
      let words = said.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
      if words.isEmpty { continue }
      guard words.count == 2, words[1].hasPrefix("/") || words[1].contains("://") else {
        throw Mistake(line: index + 1, text: String(line))
      }
      switch words[0] {
      case "allow": lines.append(.allow(String(words[1])))
      case "deny": lines.append(.deny(String(words[1])))
      case _: throw Mistake(line: index + 1, text: String(line))
      }
    }
    return lines
  }

  private static let passedOver = ["loop", "zram", "ram", "dm-", "md", "nbd", "sr", "fd"]

  /// Whether a block device of this kernel name is a disk, or a partition of one.
  package static func isDisk(kernelName name: String) -> Bool {
    !passedOver.contains { prefix in
      guard name.hasPrefix(prefix) else { return false }
      // "fd0" and not "fdisk": what follows is a number, or "dm-" was it.
      return name.dropFirst(prefix.count).first.map { $0.isNumber } ?? false
    }
  }
}

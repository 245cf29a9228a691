package import Control
internal import Glibc
internal import Registry

/// Which paths the daemon looks at of its own accord, to see whether they have a label.
package struct TasteRule: Sendable, Hashable {
  private var rule: CandidateRule
  private let given: CandidateRule
  /// A candidates file, read anew by each rescan.
  private let file: String?

  private static let deviceFolder = "/dev/"
  private static let sysfsFolder = "/sys/class/block"

  /// Disks and partitions.
  package static let blockDevices = TasteRule(CandidateRule(allowsDisks: true))
  package static let nothing = TasteRule(CandidateRule(allowsDisks: false))

  /// - Parameters:
  ///   - allowed: Patterns; with none of them disks and partitions are candidates.
  ///   - denied: Patterns of what is none all the same.
  package init(allowed: [String], denied: [String], file: String? = nil) {
    self.init(
      CandidateRule(allowsDisks: allowed.isEmpty, allowed: allowed, denied: denied), file: file)
  }

  private init(_ rule: CandidateRule, file: String? = nil) {
    self.rule = rule
    given = rule
    self.file = file
  }

  /// Reads the candidates file again; without one there is nothing to do. When it cannot be read, everything stays
  /// as it was.
  package mutating func reread() throws(ControlError) {
    guard let file else { return }
    guard let text = SystemFile.text(file) else {
      throw ControlError(.refused, "the candidates file \(file) cannot be read")
    }
    do throws(CandidateRule.Mistake) {
      rule = given.adding(try CandidateRule.lines(of: text))
    } catch {
      throw ControlError(
        .refused, "\(file), line \(error.line): \(PrintableText.escaped(error.text))",
        hint: "a line says allow PATTERN or deny PATTERN")
    }
  }

  /// Whether a path that has just come is to be looked at.
  func accepts(_ path: String) -> Bool {
    if matches(path, rule.denied) { return false }
    if matches(path, rule.allowed) { return true }
    return rule.allowsDisks && path.hasPrefix(Self.deviceFolder)
      && CandidateRule.isDisk(kernelName: String(path.dropFirst(Self.deviceFolder.count)))
  }

  private func matches(_ path: String, _ patterns: [String]) -> Bool {
    patterns.contains { unsafe fnmatch($0, path, FNM_PATHNAME | FNM_PERIOD) == 0 }
  }

  /// Where candidates come from, each to be asked on a thread of its own.
  enum Source: Sendable, Hashable {
    case disks
    case pattern(String)
    case server(String)

    /// What there is now. May block for as long as a file system does.
    func paths() -> [String] {
      switch self {
      case .disks:
        SystemFile.names(in: TasteRule.sysfsFolder)
          .filter { CandidateRule.isDisk(kernelName: $0) }
          // A slash in a device's name is an exclamation mark in sysfs.
          .map { TasteRule.deviceFolder + String($0.map { $0 == "!" ? "/" : $0 }) }
      case .pattern(let pattern): TasteRule.names(matching: pattern)
      case .server(let address): [address]
      }
    }

    /// Whether it would name this path, if that were there.
    func mayName(_ path: String) -> Bool {
      switch self {
      case .disks:
        path.hasPrefix(TasteRule.deviceFolder)
          && CandidateRule.isDisk(
            kernelName: String(path.dropFirst(TasteRule.deviceFolder.count)))
      case .pattern(let pattern): unsafe fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0
      case .server(let address): path == address
      }
    }
  }

  var sources: [Source] {
    (rule.allowsDisks ? [.disks] : [])
      + rule.allowed.map { $0.contains("://") ? .server($0) : .pattern($0) }
  }

  /// The folders in which files may come that are candidates then.
  var folders: [String] {
    rule.allowed.compactMap { pattern in
      guard let slash = pattern.lastIndex(of: "/"), !pattern.contains("://") else { return nil }
      let folder = String(pattern[..<slash])
      let isPlain = !folder.contains { "*?[".contains($0) }
      // What comes to /dev the kernel tells.
      return isPlain && !folder.isEmpty && folder != "/dev" ? folder : nil
    }
  }

  func isDenied(_ path: String) -> Bool { matches(path, rule.denied) }

  private static func names(matching pattern: String) -> [String] {
    var found = unsafe glob_t()
    defer { unsafe globfree(&found) }
    guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
    return unsafe (0..<Int(found.gl_pathc)).compactMap { index in
      unsafe found.gl_pathv[index].map { unsafe String(cString: $0) }
    }
  }
}

/// How the paths of a device share its work: gmultipath's three modes, with its numbers
/// (gmultipath(8), `label` and `create`: none, -A, -R).
public enum Mode: UInt8, Sendable, CaseIterable, BitwiseCopyable, Codable {
  /// One path carries everything; the others wait.
  case activePassive = 0
  /// Every good path carries its share.
  case activeActive = 1
  /// Reads are shared, everything else goes through the active path.
  case activeRead = 2

  /// The word of the command line and of the control protocol.
  public var word: String {
    switch self {
    case .activePassive: "active-passive"
    case .activeActive: "active-active"
    case .activeRead: "active-read"
    }
  }

  public init?(word: String) {
    for mode in Mode.allCases where mode.word == word {
      self = mode
      return
    }
    return nil
  }
}

/// Whether one cache answers for all paths, which decides what a FLUSH through one of them means.
public enum CacheDomain: UInt8, Sendable, BitwiseCopyable, Codable {
  /// A flush through any path covers what was written through all of them: paths of one controller,
  /// and files of one kernel.
  case shared
  /// Each path has a cache of its own: only a flush through the same path covers a write.
  case `private`
}

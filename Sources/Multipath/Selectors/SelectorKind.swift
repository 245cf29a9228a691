public import BlockIO

/// What a selector is asked: one operation, and the paths it may choose from.
public struct SelectorQuestion: Sendable, BitwiseCopyable {
  public let operation: Operation
  /// Never empty. Usable paths that the request has not tried, with room for another attempt.
  public let candidates: PathSet
  /// The device's active path; not necessarily a candidate.
  public let active: PathIndex?

  public init(operation: Operation, candidates: PathSet, active: PathIndex?) {
    self.operation = operation
    self.candidates = candidates
    self.active = active
  }
}

/// A rule that picks a path for one attempt.
///
/// A selector is a plain function over the path table: it may use and advance the tie-breaking
/// fields of the records, allocates nothing, and draws no randomness, so that a replay decides alike.
/// Adding one is a file beside this and a line in `all`.
public struct SelectorKind: Sendable {
  public let name: String
  public let summary: String
  /// True when the active path alone carries non-reads, so that an attempt waits for room on it
  /// rather than going elsewhere.
  let staysOnActive: @Sendable (Operation) -> Bool
  let choose: @Sendable (inout PathTable, SelectorQuestion) -> PathIndex

  public static let all: [SelectorKind] = [
    .activePassive,
    .activeActive,
    .activeRead,
  ]

  static func kind(for mode: Mode) -> SelectorKind {
    switch mode {
    case .activePassive: .activePassive
    case .activeActive: .activeActive
    case .activeRead: .activeRead
    }
  }
}

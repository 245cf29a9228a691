public import BlockIO

/// What a selector is asked: one attempt, and the paths it may choose from.
public struct SelectorQuestion: Sendable, BitwiseCopyable {
  public let operation: Operation
  public let bytes: UInt64
  /// Never empty. Usable paths of the best group that the request has not tried, with room for another
  /// attempt.
  public let candidates: PathSet
  /// The device's active path; not necessarily a candidate.
  public let active: PathIndex?
  public let now: Instant

  public init(
    operation: Operation, bytes: UInt64, candidates: PathSet, active: PathIndex?, now: Instant
  ) {
    self.operation = operation
    self.bytes = bytes
    self.candidates = candidates
    self.active = active
    self.now = now
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
  /// Whether it shares the work among paths, and so may serve the shared part of a mode.
  public let spreads: Bool
  let choose: @Sendable (inout PathTable, SelectorQuestion) -> PathIndex

  public static let all: [SelectorKind] = [
    .activePassive,
    .activeActive,
    .activeRead,
    .roundRobin,
    .queueLength,
    .serviceTime,
    .latency,
  ]

  public static func named(_ name: String) -> SelectorKind? { all.first { $0.name == name } }
}

extension PathTable {
  /// The candidate for which `isBetter` holds against every other; among equals the one chosen longest
  /// ago. It counts as chosen now.
  @inline(__always)
  mutating func best(
    of candidates: PathSet, _ isBetter: (PathRecord, PathRecord) -> Bool
  ) -> PathIndex {
    var remaining = candidates
    guard var best = remaining.first else {
      preconditionFailure("a selector was asked to choose from nothing")
    }
    remaining.remove(best)
    while let path = remaining.first {
      remaining.remove(path)
      if isBetter(self[path], self[best]) {
        best = path
      } else if !isBetter(self[best], self[path]), self[path].chosenAt < self[best].chosenAt {
        best = path
      }
    }
    choices &+= 1
    self[best].chosenAt = choices
    return best
  }
}

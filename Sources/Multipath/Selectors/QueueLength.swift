internal import BlockIO

extension SelectorKind {
  /// The path with the fewest outstanding attempts (dm-multipath's queue-length).
  static let queueLength = SelectorKind(
    name: "queue-length",
    summary: "the path with the fewest outstanding attempts",
    spreads: true,
    choose: { table, question in
      table.best(of: question.candidates) { $0.outstanding < $1.outstanding }
    })
}

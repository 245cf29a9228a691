internal import BlockIO

extension SelectorKind {
  /// One after the other, whatever their load.
  static let roundRobin = SelectorKind(
    name: "round-robin",
    summary: "one path after the other, whatever their load",
    spreads: true,
    choose: { table, question in table.best(of: question.candidates) { _, _ in false } })
}

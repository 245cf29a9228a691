internal import BlockIO

extension SelectorKind {
  /// Reads are shared as in active/active, everything else goes through the active path, which keeps
  /// the order of writes for users that do not wait between dependent ones.
  static let activeRead = SelectorKind(
    name: "active-read",
    summary: "reads are shared, everything else goes through the active path",
    spreads: false,
    choose: { table, question in
      question.operation == .read
        ? leastOutstanding(&table, question) : activeOrNewest(&table, question)
    })
}

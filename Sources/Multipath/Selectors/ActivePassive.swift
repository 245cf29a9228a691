internal import BlockIO

extension SelectorKind {
  /// Everything goes through the active path; a retry takes the newest other path.
  static let activePassive = SelectorKind(
    name: "active-passive",
    summary: "one path carries everything, the others wait",
    spreads: false,
    choose: { table, question in activeOrNewest(&table, question) })

  /// The active path if it may be chosen, else the most recently attached candidate: gmultipath's
  /// failover order.
  static func activeOrNewest(
    _ table: inout PathTable, _ question: SelectorQuestion
  ) -> PathIndex {
    if let active = question.active, question.candidates.contains(active) { return active }
    guard let newest = table.newest(of: question.candidates) else {
      preconditionFailure("a selector was asked to choose from nothing")
    }
    return newest
  }
}

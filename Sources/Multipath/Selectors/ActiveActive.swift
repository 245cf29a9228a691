internal import BlockIO

extension SelectorKind {
  /// Every path carries its share: the one with the fewest outstanding attempts, among equals the
  /// one passed over most often, among those the newest.
  static let activeActive = SelectorKind(
    name: "active-active",
    summary: "every path carries its share: fewest outstanding, then longest idle",
    spreads: true,
    choose: { table, question in leastOutstanding(&table, question) })

  /// gmultipath's rule (g_multipath_choose): each considered path's idle count goes up by one, the
  /// chosen one's back to zero. On an idle device this is an exact rotation.
  static func leastOutstanding(
    _ table: inout PathTable, _ question: SelectorQuestion
  ) -> PathIndex {
    var best: PathIndex?
    var bestOutstanding = Int32.max
    var bestIdle: UInt32 = 0
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      guard question.candidates.contains(path) else { continue }
      table[path].idleCount &+= 1
      let outstanding = table[path].outstanding
      let idle = table[path].idleCount
      if outstanding < bestOutstanding || (outstanding == bestOutstanding && idle > bestIdle) {
        best = path
        bestOutstanding = outstanding
        bestIdle = idle
      }
    }
    guard let best else { preconditionFailure("a selector was asked to choose from nothing") }
    table[best].idleCount = 0
    return best
  }
}

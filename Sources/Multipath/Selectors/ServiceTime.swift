internal import BlockIO

extension SelectorKind {
  /// The path that would have the fewest bytes in flight for its weight (dm-multipath's service-time).
  /// Compared by cross-multiplication, so that nothing is divided.
  static let serviceTime = SelectorKind(
    name: "service-time",
    summary: "the path with the fewest bytes in flight for its weight",
    spreads: true,
    choose: { table, question in
      let incoming = question.bytes
      return table.best(of: question.candidates) { left, right in
        (left.outstandingBytes &+ incoming) &* UInt64(right.weight)
          < (right.outstandingBytes &+ incoming) &* UInt64(left.weight)
      }
    })
}

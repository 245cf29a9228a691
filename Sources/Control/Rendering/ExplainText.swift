/// The text of `mpctl explain`: by what the paths would be judged now, then what was decided.
package enum ExplainText {
  package static func render(_ explanation: Explanation, _ context: RenderingContext) -> String {
    var lines = ["\(PrintableText.escaped(explanation.name)): the thresholds now"]
    lines += thresholds(explanation.paths).lines(colours: context.colours).map { "  " + $0 }
    let settings = explanation.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    lines += WordWrap.lines(
      PrintableText.escaped(settings.joined(separator: " ")), first: "  settings: ", indent: 4)
    if let cache = explanation.cache {
      lines += WordWrap.lines(CacheText.line(cache), first: "  cache: ", indent: 4)
      if cache.domain == .private {
        let consequence = CacheText.consequence(explanation.settings)
        lines += WordWrap.lines(PrintableText.escaped(consequence), first: "    ", indent: 4)
      }
    }
    lines.append("")
    if explanation.decisions.isEmpty { lines.append("No path was left and no request was slow.") }
    for decision in explanation.decisions { lines += self.lines(decision, context) }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func thresholds(_ paths: [PathThresholds]) -> TextTable {
    let header = [
      "Path", "State", "Patience", "p99.9", "Average", "Busy", "Late", "Priority", "Weight",
    ]
    var table = TextTable(
      header: header, alignments: header.indices.map { $0 < 2 ? .left : .right })
    for path in paths {
      let row =
        [PrintableText.escaped(path.name), path.state.rawValue, time(path.patienceMicroseconds)]
        + [path.usualMicroseconds, path.averageMicroseconds].map { $0.map(time) ?? "-" }
        + ["\(path.outstanding)", "\(path.unresolved)", "\(path.priority)", "\(path.weight)"]
      table.append(row.map { TextTable.Cell($0) })
    }
    return table
  }

  private static func lines(_ decision: DecisionFacts, _ context: RenderingContext) -> [String] {
    let path = decision.path.map { PrintableText.escaped($0) } ?? "a path removed since"
    let head = "\(TimeText.precise(milliseconds: decision.time)) \(path): \(what(decision))"
    var lines = WordWrap.lines(head, indent: 2)
    lines += WordWrap.lines("why: \(why(decision))", first: "  ", indent: 4)
    for (index, other) in decision.alternatives.enumerated() {
      lines.append((index == 0 ? "  instead: " : "           ") + alternative(other))
    }
    if decision.alternatives.isEmpty { lines.append("  instead: there was no other path") }
    if decision.kind != .slow {
      let active = decision.active.map { PrintableText.escaped($0) } ?? "none"
      lines.append("  active path afterwards: \(active)")
    }
    return lines
  }

  private static func what(_ decision: DecisionFacts) -> String {
    switch decision.kind {
    case .fault:
      "out of service, \(PrintableText.escaped(decision.cause))"
    case .stall:
      "stalled, \(decision.reissued ?? 0) of its attempts sent elsewhere, "
        + "\(decision.waiting ?? 0) cannot be"
    case .slow where decision.count > 1:
      "\(decision.count) slow requests within a second, the slowest "
        + "\(PrintableText.escaped(decision.cause))"
    case .slow: "a slow request, \(PrintableText.escaped(decision.cause))"
    }
  }

  private static func why(_ decision: DecisionFacts) -> String {
    let usual = decision.usualMicroseconds.map(time) ?? "not known yet"
    let waited = time(decision.waitedMicroseconds)
    let live = "\(decision.live) \(decision.live == 1 ? "attempt" : "attempts") waiting"
    return switch decision.kind {
    case .fault: "the error came after \(waited), with \(decision.live) more waiting for the path"
    case .stall:
      "\(PrintableText.escaped(decision.cause)), for \(waited) with \(live); its patience was "
        + "\(time(decision.patienceMicroseconds)), its p99.9 \(usual)"
    case .slow: "it took \(waited), and the path's p99.9 was \(usual), with \(live)"
    }
  }

  private static func alternative(_ other: DecisionFacts.Alternative) -> String {
    let name = other.path.map { PrintableText.escaped($0) } ?? "a path removed since"
    let average = other.averageMicroseconds.map(time) ?? "no history"
    return "\(name) \(other.state.rawValue), \(other.outstanding) outstanding, average \(average), "
      + "priority \(other.priority)"
  }

  private static func time(_ microseconds: UInt64) -> String {
    HumanNumber.time(microseconds: microseconds)
  }
}

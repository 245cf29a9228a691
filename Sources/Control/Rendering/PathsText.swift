/// The table of `mpctl paths`.
package enum PathsText {
  package static func render(_ paths: [PathFacts], _ context: RenderingContext) -> String {
    guard !paths.isEmpty else { return "no paths\n" }
    var table = TextTable(
      header: ["Path", "State", "Size", "Label", "Device", "Serial"],
      alignments: [.left, .left, .right, .left, .left, .left])
    for path in paths {
      table.append([
        TextTable.Cell(PrintableText.escaped(path.path)),
        TextTable.Cell(path.state.rawValue, tone(path.state)),
        TextTable.Cell(path.sizeBytes.map { "\($0)" } ?? "-"),
        TextTable.Cell(path.label.map { PrintableText.escaped($0) } ?? "-"),
        TextTable.Cell(path.device.map { PrintableText.escaped($0) } ?? "-"),
        TextTable.Cell((path.serial ?? path.wwn).map { PrintableText.escaped($0) } ?? "-"),
      ])
    }
    let notes = paths.compactMap { path in
      path.reason.map {
        "\(PrintableText.escaped(path.path)): \(PrintableText.escaped($0))\n"
      }
    }
    return table.lines(colours: context.colours).map { $0 + "\n" }.joined() + notes.joined()
  }

  private static func tone(_ state: PathFacts.State) -> Tone {
    switch state {
    case .inService, .labelled: .good
    case .refused, .silent, .unreadable: .warning
    case .new, .unlabelled, .busy, .other: .plain
    }
  }
}

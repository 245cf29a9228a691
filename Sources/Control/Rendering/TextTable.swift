/// Columns as gmultipath prints them: right-aligned to the widest entry, two blanks between.
struct TextTable {
  /// One entry and its tone, kept apart because colour codes have no width.
  struct Cell {
    let text: String
    let tone: Tone

    init(_ text: String, _ tone: Tone = .plain) {
      self.text = text
      self.tone = tone
    }
  }

  /// Where the entries of a column stand.
  enum Alignment {
    case left
    case right
  }

  let alignments: [Alignment]
  private(set) var rows: [[Cell]]

  init(header: [String], alignments: [Alignment]) {
    precondition(header.count == alignments.count)
    self.alignments = alignments
    rows = [header.map { Cell($0) }]
  }

  /// Without a header, and so without a least width of the columns.
  init(alignments: [Alignment]) {
    self.alignments = alignments
    rows = []
  }

  /// Columns of the widest line.
  var width: Int { lines(colours: false).map { $0.count }.max() ?? 0 }

  mutating func append(_ row: [Cell]) {
    precondition(row.count == alignments.count)
    rows.append(row)
  }

  func lines(colours: Bool) -> [String] {
    let widths = alignments.indices.map { column in
      rows.map { $0[column].text.count }.max() ?? 0
    }
    return rows.map { line($0, widths: widths, colours: colours) }
  }

  private func line(_ row: [Cell], widths: [Int], colours: Bool) -> String {
    var line = ""
    for (column, cell) in row.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.text.count)
      let text = cell.tone.applied(to: cell.text, colours: colours)
      let isLast = column == row.count - 1
      switch alignments[column] {
      case .right: line += padding + text
      case .left: line += isLast ? text : text + padding
      }
      if !isLast { line += "  " }
    }
    return line
  }
}

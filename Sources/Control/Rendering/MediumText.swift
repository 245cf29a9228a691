/// The text of `mpctl dump`: one block of lines for each medium.
package enum MediumText {
  package static func render(_ media: [MediumFacts]) -> String {
    media.map { lines(of: $0).map { $0 + "\n" }.joined() }.joined(separator: "\n")
  }

  private static func lines(of facts: MediumFacts) -> [String] {
    var lines = ["Path: \(PrintableText.escaped(facts.path))"]
    if let sizeBytes = facts.sizeBytes {
      lines.append("Mediasize: \(sizeBytes) (\(HumanNumber.bytes(sizeBytes)))")
    }
    if let blockBytes = facts.blockBytes { lines.append("Sectorsize: \(blockBytes)") }
    if let label = facts.label {
      lines += [
        "Label name: \(PrintableText.escaped(label.name))",
        "Label UUID: \(PrintableText.escaped(label.uuid))",
        "Label version: \(label.version)",
        "Label mode: \(label.mode.title)",
        "Label mediasize: \(label.sizeBytes.map { "\($0)" } ?? "not recorded")",
        "Label sectorsize: \(label.sectorBytes.map { "\($0)" } ?? "not recorded")",
      ]
    }
    if let problem = facts.problem { lines.append("Problem: \(PrintableText.escaped(problem))") }
    if let device = facts.device {
      lines.append("Used by: \(PrintableText.escaped(device))")
    }
    return lines
  }
}

/// The lines of `mpctl status` on where else a device is served.
enum ExportText {
  static func line(_ device: String, _ export: ExportStatus) -> String {
    let kind = export.readOnly ? " (read-only)" : ""
    let place =
      "\(PrintableText.escaped(device)): also at \(PrintableText.escaped(export.uri))\(kind)"
    guard let trouble = export.trouble else { return place }
    return place + ", not served now: " + PrintableText.escaped(trouble)
  }
}

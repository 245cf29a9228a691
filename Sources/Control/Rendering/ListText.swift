/// The text of `mpctl list`: gmultipath's layout with our own lines among it.
package enum ListText {
  package static func render(_ report: DeviceReport, _ context: RenderingContext) -> String {
    guard !report.devices.isEmpty else { return NoDevices.text }
    return report.devices.map { device($0, context) + "\n" }.joined()
  }

  private static func device(_ device: DeviceStatus, _ context: RenderingContext) -> String {
    let name = PrintableText.escaped(device.name)
    let state = Tone(device.state).applied(to: device.state.rawValue, colours: context.colours)
    var lines = [
      "Geom name: \(name)",
      "Type: \(device.type.rawValue)",
      "Mode: \(device.mode.title)",
      "State: \(state)",
      "Export: \(PrintableText.escaped(device.uri))",
      "Sessions: \(device.sessions)",
      "Queued: \(device.queuedRequests)",
    ]
    if let preferred = device.preferred {
      lines.append("Preferred: \(PrintableText.escaped(preferred))")
    }
    if let cache = device.cache {
      lines += WordWrap.lines(CacheText.line(cache), first: "Cache: ", indent: 7)
    }
    if let settings = device.settings {
      let words = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      let text = PrintableText.escaped(words.joined(separator: " "))
      lines += WordWrap.lines(text, first: "Settings: ", indent: 10)
    }
    lines += [
      "Providers:",
      "1. Name: \(name)",
      "   Mediasize: \(size(device.sizeBytes))",
      "   Sectorsize: \(device.blockBytes)",
      "   State: \(state)",
      "Consumers:",
    ]
    for (index, path) in device.paths.enumerated() {
      let number = "\(index + 1). "
      let indent = String(repeating: " ", count: number.count)
      for (line, field) in consumer(path, device, context).enumerated() {
        lines.append((line == 0 ? number : indent) + field)
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func consumer(
    _ path: PathStatus, _ device: DeviceStatus, _ context: RenderingContext
  ) -> [String] {
    let state = Tone(path.state).applied(to: path.state.rawValue, colours: context.colours)
    var fields = [
      "Name: \(PrintableText.escaped(path.name))",
      "Path: \(PrintableText.escaped(path.path))",
      "Kind: \(kind(path))",
      "Mediasize: \(size(path.sizeBytes))",
      "Sectorsize: \(device.blockBytes)",
      "Outstanding: \(path.outstanding)",
      "State: \(state)",
      "Since: \(TimeText.utc(milliseconds: path.since))",
    ]
    if let priority = path.priority, let weight = path.weight, (priority, weight) != (0, 1) {
      fields.append("Priority: \(priority), weight \(weight)")
    }
    if let reason = path.reason { fields.append("Reason: \(PrintableText.escaped(reason))") }
    if let errno = path.errno { fields.append("Errno: \(errno)") }
    if let hint = path.hint { fields.append("Hint: \(PrintableText.escaped(hint))") }
    return fields
  }

  private static func kind(_ path: PathStatus) -> String {
    guard path.kind == .nbd else {
      return "\(path.kind.rawValue), \(path.direct ? "direct" : "buffered")"
    }
    let count = path.connections ?? 0
    let words = "nbd, \(count) \(count == 1 ? "connection" : "connections")"
    return words + (path.server.map { " to \(PrintableText.escaped($0))" } ?? "")
  }

  private static func size(_ bytes: UInt64) -> String {
    "\(bytes) (\(HumanNumber.bytes(bytes)))"
  }
}

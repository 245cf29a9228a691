/// The text of `mpctl list`: gmultipath's layout with our own lines among it.
package enum ListText {
  package static func render(_ report: DeviceReport, _ context: RenderingContext) -> String {
    guard !report.devices.isEmpty else {
      return NoDevices.text(stopped: report.stopped)
    }
    return report.devices.map { device($0, context) + "\n" }.joined()
  }

  private static func device(_ device: DeviceStatus, _ context: RenderingContext) -> String {
    let name = PrintableText.escaped(device.name)
    let state = Tone(device.state).applied(to: device.state.rawValue, colours: context.colours)
    var lines = [
      "Geom name: \(name)",
      "Type: \(device.type.rawValue)",
      "Mode: \(device.mode.title)",
      "UUID: \(device.uuid ?? "(null)")",
      "State: \(state)",
      "Export: \(PrintableText.escaped(device.uri))",
      "Sessions: \(device.sessions)",
      "Queued: \(device.queuedRequests)",
    ]
    if let place = device.physicalPath {
      lines.append("Physpath: \(PrintableText.escaped(place))")
    }
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
      "1. Name: \(DeviceName.providerPrefix)\(name)",
      "   Mediasize: \(size(device.sizeBytes))",
      "   Sectorsize: \(device.blockBytes)",
      "   Mode: r\(device.sessions)w\(device.sessions)e0",
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
      "Mediasize: \(size(path.sizeBytes))",
      "Sectorsize: \(device.blockBytes)",
      "Mode: \(openCounts(path))",
      "State: \(state)",
      "Path: \(PrintableText.escaped(path.path))",
      "Kind: \(kind(path))",
      "Outstanding: \(path.outstanding)",
      "Since: \(TimeText.utc(milliseconds: path.since))",
    ]
    if let priority = path.priority, let weight = path.weight, (priority, weight) != (0, 1) {
      fields.append("Priority: \(priority), weight \(weight)")
    }
    if let reason = path.reason { fields.append("Reason: \(PrintableText.escaped(reason))") }
    if let errno = path.errno {
      let meaning = path.meaning.map { " (\(PrintableText.escaped($0)))" } ?? ""
      fields.append("Errno: \(errno)\(meaning)")
    }
    if let hint = path.hint { fields.append("Hint: \(PrintableText.escaped(hint))") }
    return fields
  }

  /// geom's count of readers, writers and exclusive holders: a path is opened once, for both, and a block
  /// device so that nobody else can.
  private static func openCounts(_ path: PathStatus) -> String {
    switch path.state {
    case .lost, .new: return "r0w0e0"
    case .active, .passive, .read, .fail, .held, .probing, .foreign: break
    }
    switch path.kind {
    case .block: return "r1w1e1"
    case .file, .nbd: return "r1w1e0"
    }
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
    "\(bytes) (\(HumanNumber.geomBytes(bytes)))"
  }
}

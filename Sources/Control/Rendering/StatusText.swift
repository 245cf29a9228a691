/// The text of `mpctl status`: gmultipath's table, then a note on everything that is not well.
///
/// The table stands alone and first, so that scripts made for gmultipath's output find what they
/// look for.
package enum StatusText {
  package static func render(
    _ report: DeviceReport, _ context: RenderingContext, _ form: StatusForm = StatusForm()
  ) -> String {
    if form.isScript {
      let table = table(report.devices, form)
      return table.lines(colours: context.colours).map { $0 + "\n" }.joined()
    }
    guard !report.devices.isEmpty else {
      return NoDevices.text(stopped: report.stopped)
    }
    let notes =
      report.devices.flatMap { self.notes(on: $0, context) }
      + (report.stopped.map { NoDevices.lines($0) } ?? [])
    let table = table(report.devices, form)
    let lines =
      table.width <= RenderingContext.columnsMax
      ? table.lines(colours: context.colours) : narrowLines(report.devices, form, context)
    return (notes.isEmpty ? lines : lines + [""] + notes).map { $0 + "\n" }.joined()
  }

  private static func table(_ devices: [DeviceStatus], _ form: StatusForm) -> TextTable {
    let alignments: [TextTable.Alignment] = [.right, .right, .left]
    var table =
      form.isScript
      ? TextTable(alignments: alignments)
      : TextTable(header: header, alignments: alignments)
    for device in devices {
      let shown = TextTable.Cell(name(of: device, form))
      let state = TextTable.Cell(device.state.rawValue, Tone(device.state))
      for (index, component) in components(of: device).enumerated() {
        let isFirst = index == 0 || form.isScript
        table.append([
          isFirst ? shown : TextTable.Cell(""), isFirst ? state : TextTable.Cell(""), component,
        ])
      }
    }
    return table
  }

  private static let header = ["Name", "Status", "Components"]

  /// Where the table would be wider than a terminal: name and status on a line of their own.
  private static func narrowLines(
    _ devices: [DeviceStatus], _ form: StatusForm, _ context: RenderingContext
  ) -> [String] {
    var lines = [header.joined(separator: "  ")]
    for device in devices {
      let state = Tone(device.state).applied(to: device.state.rawValue, colours: context.colours)
      lines.append(name(of: device, form) + "  " + state)
      for component in components(of: device) {
        lines.append("  " + component.tone.applied(to: component.text, colours: context.colours))
      }
    }
    return lines
  }

  private static func name(of device: DeviceStatus, _ form: StatusForm) -> String {
    (form.showsGeomNames ? "" : DeviceName.providerPrefix) + PrintableText.escaped(device.name)
  }

  private static func components(of device: DeviceStatus) -> [TextTable.Cell] {
    if device.paths.isEmpty { return [TextTable.Cell("N/A")] }
    return zip(device.paths, PathLabels.labels(of: device)).map { path, label in
      TextTable.Cell("\(label) (\(path.state.rawValue))", Tone(path.state))
    }
  }

  private static func notes(on device: DeviceStatus, _ context: RenderingContext) -> [String] {
    var lines: [String] = []
    for (path, label) in zip(device.paths, PathLabels.labels(of: device))
    where !path.state.isUsable {
      lines += note(on: path, label: label, device: device.name, context)
    }
    if let kernel = device.kernel {
      lines += WordWrap.lines(KernelText.line(device.name, kernel), indent: 4)
    }
    for export in device.exports ?? [] {
      lines += WordWrap.lines(ExportText.line(device.name, export), indent: 4)
    }
    return lines + waiting(device) + growth(device, context) + media(device, context)
      + caches(device)
  }

  private static func note(
    on path: PathStatus, label: String, device: String, _ context: RenderingContext
  ) -> [String] {
    let since = TimeText.utc(milliseconds: path.since)
    let age = TimeText.age(from: path.since, to: context.now).map { " (\($0))" } ?? ""
    let reason = path.reason.map { ": " + PrintableText.escaped($0) } ?? ""
    let meaning = path.meaning.map { ": " + PrintableText.escaped($0) } ?? ""
    let errno = path.errno.map { " (errno \($0)\(meaning))" } ?? ""
    let what =
      "\(PrintableText.escaped(device)) \(label) \(path.state.rawValue) "
      + "since \(since)\(age)\(reason)\(errno)"
    let advice = PathAdvice.text(for: path, label: label, device: device)
    return WordWrap.lines(what, indent: 4)
      + (advice.map { WordWrap.lines($0, first: "  fix: ", indent: 7) } ?? [])
  }

  private static func waiting(_ device: DeviceStatus) -> [String] {
    let name = PrintableText.escaped(device.name)
    var lines: [String] = []
    if device.queuedRequests > 0 {
      let bytes = device.queuedBytes.map { ", \(HumanNumber.bytes($0))" } ?? ""
      let requests = wait(device.queuedRequests)
      lines += WordWrap.lines("\(name): \(requests) for a usable path\(bytes)", indent: 4)
    }
    if let usable = device.usableBytes {
      lines += WordWrap.lines(
        "\(name): the medium has shrunk to \(usable) bytes, and the device has "
          + "\(device.sizeBytes): what reaches beyond the end is refused", indent: 4)
      lines += WordWrap.lines(
        "grow it back, or mpctl resize --shrink \(name) to give up what is beyond",
        first: "  fix: ", indent: 7)
    }
    if let stale = device.staleSessions {
      let clients = stale == 1 ? "1 client sees" : "\(stale) clients see"
      lines += WordWrap.lines(
        "\(name): \(clients) another size than the device's \(device.sizeBytes) bytes, "
          + "until they connect anew", indent: 4)
    }
    if let ghosts = device.ghosts, ghosts > 0 {
      let changes = ghosts == 1 ? "1 change was" : "\(ghosts) changes were"
      let longest = device.heldMilliseconds.map {
        ", the longest for \(HumanNumber.time(microseconds: $0 * 1000))"
      }
      lines += WordWrap.lines(
        "\(name): \(changes) sent elsewhere and may still happen on the path that did not answer, "
          + "so whatever would change the same bytes waits (\(device.heldRequests ?? 0) now\(longest ?? ""))",
        indent: 4)
    }
    return lines
  }

  private static func growth(_ device: DeviceStatus, _ context: RenderingContext) -> [String] {
    guard let growth = device.refusedGrowth else { return [] }
    let name = PrintableText.escaped(device.name)
    let age = TimeText.age(from: growth.triedAt, to: context.now).map { ", tried \($0)" } ?? ""
    let hint = growth.hint ?? "mpctl resize \(name) tries again"
    return WordWrap.lines(
      "\(name): the medium has grown to \(growth.mediumBytes) bytes, and the device keeps its "
        + "\(device.sizeBytes)\(age): \(PrintableText.escaped(growth.reason))", indent: 4)
      + WordWrap.lines(PrintableText.escaped(hint), first: "  fix: ", indent: 7)
  }

  private static func media(_ device: DeviceStatus, _ context: RenderingContext) -> [String] {
    let name = PrintableText.escaped(device.name)
    var lines: [String] = []
    for fault in device.mediumErrors ?? [] {
      let requests = fault.requests == 1 ? "1 request" : "\(fault.requests) requests"
      let age = TimeText.age(from: fault.lastAt, to: context.now).map { ", last \($0)" } ?? ""
      lines += WordWrap.lines(
        "\(name): the medium is bad at \(fault.offsetBytes), \(fault.lengthBytes) bytes: every path answers "
          + "\(PrintableText.escaped(fault.errorName)) to \(fault.isWrite ? "writes" : "reads") there "
          + "(\(requests)\(age))", indent: 4)
    }
    guard !lines.isEmpty else { return [] }
    return lines
      + WordWrap.lines(
        "write these bytes anew from a backup, or replace the medium", first: "  fix: ", indent: 7)
  }

  /// Paths with caches of their own are nothing to repair, but nobody should learn of it from a failed FLUSH.
  private static func caches(_ device: DeviceStatus) -> [String] {
    guard let cache = device.cache, cache.domain == .private, device.paths.count > 1 else {
      return []
    }
    let name = PrintableText.escaped(device.name)
    let text = "\(name): cache \(CacheText.line(cache)); "
    return WordWrap.lines(text + CacheText.consequence(device.settings ?? [:]), indent: 4)
  }

  private static func wait(_ count: Int) -> String {
    count == 1 ? "1 request waits" : "\(count) requests wait"
  }
}

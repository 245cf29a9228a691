/// The text of `mpctl stats`: per device a few sentences and a table of its paths.
package enum StatsText {
  package static func render(_ result: StatsMethod.Result, _ context: RenderingContext) -> String {
    let devices = result.devices.map { device($0, context) + "\n" }.joined()
    return (devices.isEmpty ? NoDevices.text : devices) + daemon(result)
  }

  private static func daemon(_ result: StatsMethod.Result) -> String {
    let allocations = result.allocations.map { ", \($0) allocations" } ?? ""
    return "mpathd: \(result.requests) requests\(allocations)\n"
  }

  private static func device(_ device: DeviceStats, _ context: RenderingContext) -> String {
    let count = HumanNumber.count
    let bytes = HumanNumber.bytes
    let facts =
      [
        "requests: \(count(device.reads)) reads, \(count(device.writes)) writes, "
          + "\(count(device.flushes)) flushes, \(count(device.discards)) discards, "
          + "\(count(device.writeZeroes)) zeroes",
        "bytes: \(bytes(device.bytesRead)) read, \(bytes(device.bytesWritten)) written",
        "trouble: \(count(device.errors)) errors, \(count(device.retries)) retries, "
          + "\(count(device.failovers)) failovers",
        "now: \(device.sessions) sessions, \(device.queued) queued requests"
          + (device.queuedBytes.map { " (\(bytes($0)))" } ?? ""),
      ] + lateness(of: device)
    let late = table(timesOf: device.paths)
    let lines =
      [PrintableText.escaped(device.name)]
      + facts.flatMap { WordWrap.lines($0, first: "  ", indent: 4) }
      + table(device.paths).lines(colours: context.colours).map { "  " + $0 }
      + (late?.lines(colours: context.colours).map { "  " + $0 } ?? [])
    return lines.map { $0 + "\n" }.joined()
  }

  private static func lateness(of device: DeviceStats) -> [String] {
    guard let ghosts = device.ghosts, let waiting = device.heldRequests,
      let givenUp = device.givenUp, let held = device.held, let time = device.heldMilliseconds,
      let hedges = device.hedges
    else { return [] }
    let count = HumanNumber.count
    return [
      "late: \(count(givenUp)) given up, \(ghosts) ghosts, \(waiting) held now, "
        + "\(count(held)) held for \(HumanNumber.time(microseconds: time &* 1000)) in all, "
        + "\(count(hedges)) hedges"
    ]
  }

  /// How long attempts take, for paths that tell.
  private static func table(timesOf paths: [PathStats]) -> TextTable? {
    guard paths.contains(where: { $0.stalls != nil }) else { return nil }
    let header = [
      "Path", "Read p50", "p99", "p99.9", "Write p50", "p99", "p99.9", "Late", "Stalls", "Patience",
    ]
    var table = TextTable(
      header: header, alignments: header.indices.map { $0 == 0 ? .left : .right })
    for path in paths {
      let times = [path.readTimes, path.writeTimes].flatMap { quantiles in
        [quantiles?.p50Microseconds, quantiles?.p99Microseconds, quantiles?.p999Microseconds]
      }
      let row =
        [PrintableText.escaped(path.name)]
        + times.map { $0.map { HumanNumber.time(microseconds: $0) } ?? "-" }
        + ["\(path.unresolved ?? 0)", HumanNumber.count(path.stalls ?? 0)]
        + [HumanNumber.time(microseconds: (path.patienceMilliseconds ?? 0) &* 1000)]
      table.append(row.map { TextTable.Cell($0) })
    }
    return table
  }

  /// Twelve letters at most for a heading, so that the columns of usual numbers fit a terminal.
  private static func table(_ paths: [PathStats]) -> TextTable {
    let header = [
      "Path", "Tries", "Reads", "Writes", "In", "Out", "Errors", "Busy", "Fails", "Restores",
    ]
    var table = TextTable(
      header: header, alignments: header.indices.map { $0 == 0 ? .left : .right })
    for path in paths {
      let counts = [path.attempts, path.reads, path.writes].map(HumanNumber.count)
      let bytes = [path.bytesRead, path.bytesWritten].map(HumanNumber.bytes)
      let rest =
        [HumanNumber.count(path.errors), "\(path.outstanding)"]
        + [path.failures, path.restores].map(HumanNumber.count)
      let row = [PrintableText.escaped(path.name)] + counts + bytes + rest
      table.append(row.map { TextTable.Cell($0) })
    }
    return table
  }
}

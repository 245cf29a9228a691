import Control
import Glibc
import Testing

/// M11: what `status`, `list` and `getactive` print for every mode and state, as files.
///
/// MPATH_UPDATE_GOLDEN=1 writes them anew; what has changed is then read in the diff.
@Suite("Golden output")
struct GoldenTests {
  /// How the paths of a device are.
  enum Situation: String, CaseIterable, Sendable {
    case optimal
    case onePath = "one-path"
    /// One path in service, and one in each of the states out of service.
    case degraded
    case failed
    case noPaths = "no-paths"
  }

  @Test(arguments: DeviceMode.allCases, Situation.allCases)
  func `M11 every mode and state prints as it did`(mode: DeviceMode, situation: Situation) throws {
    let report = DeviceReport(devices: [Self.device(mode, situation)])
    let text = try Self.transcript(report)
    let file = GoldenFile("\(mode.rawValue)-\(situation.rawValue).txt")
    if unsafe getenv("MPATH_UPDATE_GOLDEN") != nil { try file.write(text) }
    #expect(text == (try file.read()))
    for line in text.split(separator: "\n") where !line.contains("\" : ") {
      #expect(line.count <= RenderingContext.columnsMax)
    }
  }

  /// gmultipath's own example: the same bytes, since scripts cut them apart.
  @Test func `M11 a device without trouble prints what gmultipath prints`() {
    let report = DeviceReport(devices: [
      Samples.device(
        .optimal, [Self.disk("da0", .active), Self.disk("da2", .passive)], name: "FRED")
    ])
    #expect(
      StatusText.render(report, Samples.context) == """
        \("          Name")   Status  Components
        multipath/FRED  OPTIMAL  da0 (ACTIVE)
                                 da2 (PASSIVE)

        """)
    #expect(
      StatusText.render(report, Samples.context, StatusForm(isScript: true)) == """
        multipath/FRED  OPTIMAL  da0 (ACTIVE)
        multipath/FRED  OPTIMAL  da2 (PASSIVE)

        """)
    // Of `list`, gmultipath's lines in gmultipath's order, and nothing between those that belong together.
    let list = ListText.render(report, Samples.context)
    #expect(
      list.hasPrefix(
        """
        Geom name: FRED
        Type: MANUAL
        Mode: Active/Passive
        UUID: (null)
        State: OPTIMAL

        """))
    #expect(
      list.contains(
        """

        Providers:
        1. Name: multipath/FRED
           Mediasize: 1073741824 (1.0G)
           Sectorsize: 512
           Mode: r1w1e0
           State: OPTIMAL
        Consumers:
        1. Name: da0
           Mediasize: 1073741824 (1.0G)
           Sectorsize: 512
           Mode: r1w1e1
           State: ACTIVE

        """))
    #expect(list.hasSuffix("\n\n"))
  }

  @Test func `names too long for a terminal get a line of their own`() {
    let long = String(repeating: "n", count: 63)
    let report = DeviceReport(devices: [
      Samples.device(.optimal, [Self.disk("da0", .active), Self.disk("da2", .passive)], name: long)
    ])
    #expect(
      StatusText.render(report, Samples.context, StatusForm(showsGeomNames: true)) == """
        Name  Status  Components
        \(long)  OPTIMAL
          da0 (ACTIVE)
          da2 (PASSIVE)

        """)
  }

  @Test func `json has a version, and everything that the text says of a path`() throws {
    let report = DeviceReport(devices: [Self.device(.activeRead, .degraded)])
    let json = Array(try Wire.document(report).utf8)
    #expect(try Wire.decode(Version.self, from: json, what: "document").version == 1)
    let read = try Wire.decode(DeviceReport.self, from: json, what: "document")
    #expect(read == report)
    let text = StatusText.render(report, RenderingContext(now: Samples.since))
      .split(whereSeparator: { $0 == "\n" || $0 == " " }).joined(separator: " ")
    for path in try #require(read.devices.first).paths where !path.state.isUsable {
      for fact in [path.reason, path.meaning, path.hint] {
        if let fact { #expect(text.contains(fact)) }
      }
      #expect(path.since == Samples.since)
      #expect(path.hint != nil)
      if let errno = path.errno { #expect(text.contains("(errno \(errno): ")) }
    }
  }

  private struct Version: Decodable {
    let version: Int
  }

  private static func device(_ mode: DeviceMode, _ situation: Situation) -> DeviceStatus {
    let second: PathStatus.State =
      switch mode {
      case .activePassive: .passive
      case .activeActive: .active
      case .activeRead: .read
      }
    let outOfService: [PathStatus.State] = [.fail, .held, .probing, .lost, .new, .foreign]
    return switch situation {
    case .optimal:
      Samples.device(
        .optimal, mode: mode, [disk("sda", .active), disk("sdb", second), disk("sdc", second)])
    case .onePath: Samples.device(.degraded, mode: mode, [disk("sda", .active)])
    case .degraded:
      Samples.device(
        .degraded, mode: mode,
        [disk("sda", .active)]
          + outOfService.enumerated().map { disk("sd\(["b", "c", "d", "e", "f", "g"][$0])", $1) })
    case .failed:
      Samples.device(
        .failed, mode: mode, queued: 2, [disk("sda", .fail), disk("sdb", .lost)])
    case .noPaths: Samples.device(.failed, mode: mode, [])
    }
  }

  private static func disk(_ name: String, _ state: PathStatus.State) -> PathStatus {
    let hasReason = state == .fail || state == .lost
    return PathStatus(
      name: name, path: "/dev/\(name)", kind: .block, state: state, since: Samples.since,
      reason: hasReason ? "EIO on write at 4096" : nil, errno: hasReason ? 5 : nil,
      hint: PathAdvice.general(state, device: "data", path: name), sizeBytes: Samples.gibibyte,
      outstanding: 0, direct: true, meaning: hasReason ? "Input/output error" : nil)
  }

  private static func transcript(_ report: DeviceReport) throws -> String {
    let context = Samples.context
    let outputs = [
      ("status", StatusText.render(report, context)),
      ("status -s", StatusText.render(report, context, StatusForm(isScript: true))),
      ("status -g", StatusText.render(report, context, StatusForm(showsGeomNames: true))),
      (
        "status -gs",
        StatusText.render(report, context, StatusForm(isScript: true, showsGeomNames: true))
      ),
      ("getactive data", report.devices.map(ActivePathsText.render).joined()),
      ("list", ListText.render(report, context)),
      ("status --json", try Wire.document(report) + "\n"),
    ]
    return outputs.map { "$ mpctl \($0)\n\($1)" }.joined(separator: "\n")
  }
}

import Control
import Testing

@Suite("Text for people")
struct RenderingTests {
  private func status(_ devices: DeviceStatus...) -> String {
    StatusText.render(DeviceReport(devices: devices), Samples.context)
  }

  @Test(
    "an optimal device is gmultipath's table and nothing else",
    arguments: [
      (DeviceMode.activePassive, PathStatus.State.passive), (.activeActive, .active),
      (.activeRead, .read),
    ])
  func optimal(mode: DeviceMode, second: PathStatus.State) {
    let device = Samples.device(
      .optimal, mode: mode, [Samples.path(1, .active), Samples.path(2, second)])
    #expect(
      status(device) == """
        \("          Name")   Status  Components
        multipath/data  OPTIMAL  loop1 (ACTIVE)
                                 loop2 (\(second.rawValue))

        """)
  }

  @Test("a failed path is followed by since when, why and what to do")
  func degraded() {
    #expect(
      status(Samples.device(.degraded, [Samples.failed, Samples.path(2, .active)])) == """
        \("          Name")    Status  Components
        multipath/data  DEGRADED  loop1 (FAIL)
                                  loop2 (ACTIVE)

        data loop1 FAIL since 2026-02-03T04:05:06Z (12 s ago): EIO on write at 4096
            (errno 5)
          fix: repair it, then mpctl restore

        """)
  }

  @Test("a held path says how to put it back, also without a hint of the daemon")
  func held() {
    let device = Samples.device(
      .degraded, mode: .activeActive,
      [Samples.path(1, .held, reason: "held by an operator"), Samples.path(2, .active)])
    #expect(
      status(device) == """
        \("          Name")    Status  Components
        multipath/data  DEGRADED  loop1 (HELD)
                                  loop2 (ACTIVE)

        data loop1 HELD since 2026-02-03T04:05:06Z (12 s ago): held by an operator
          fix: mpctl restore data loop1 puts it back into service

        """)
  }

  @Test("a failed device says how many requests wait")
  func failed() {
    let device = Samples.device(
      .failed, mode: .activeRead, queued: 3, [Samples.failed, Samples.path(2, .lost)])
    #expect(
      status(device) == """
        \("          Name")  Status  Components
        multipath/data  FAILED  loop1 (FAIL)
                                loop2 (LOST)

        data loop1 FAIL since 2026-02-03T04:05:06Z (12 s ago): EIO on write at 4096
            (errno 5)
          fix: repair it, then mpctl restore
        data loop2 LOST since 2026-02-03T04:05:06Z (12 s ago)
          fix: bring it back and mpctl restore data loop2, or remove it
        data: 3 requests wait for a usable path

        """)
  }

  @Test("names are right-aligned over all devices, and a device without paths says so")
  func severalDevices() {
    #expect(
      status(
        Samples.device(.failed, [], name: "a-longer-name"),
        Samples.device(.degraded, [Samples.path(1, .active)], name: "d")) == """
          \("                   Name")    Status  Components
          multipath/a-longer-name    FAILED  N/A
          \("            multipath/d")  DEGRADED  loop1 (ACTIVE)

          """)
  }

  @Test("without devices it says how to make one")
  func nothing() {
    let sentence = "There are no devices. Make one with: mpctl create NAME PATH...\n"
    #expect(status() == sentence)
    #expect(ListText.render(DeviceReport(devices: []), Samples.context) == sentence)
  }

  /// "There are no devices" was said of one that had been stopped.
  @Test("a stopped device is named")
  func stopped() {
    let alone = DeviceReport(devices: [], stopped: ["a", "b"])
    #expect(StatusText.render(alone, Samples.context) == "No device runs. Stopped: a, b\n")
    #expect(ListText.render(alone, Samples.context) == "No device runs. Stopped: a, b\n")
    #expect(StatusText.render(alone, Samples.context, StatusForm(isScript: true)).isEmpty)
    let device = Samples.device(.optimal, [Samples.path(1, .active)], name: "d")
    let text = StatusText.render(
      DeviceReport(devices: [device], stopped: ["a"]), Samples.context)
    #expect(text.hasSuffix("(ACTIVE)\n\nStopped: a\n"), "\(text)")
  }

  @Test("every state out of service has advice, every state in service has none")
  func advice() {
    for state in PathStatus.State.allCases {
      let lines = status(Samples.device(.degraded, [Samples.path(1, state)]))
      #expect(lines.contains("  fix: ") == !state.isUsable)
      #expect(lines.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
  }

  @Test("paths with one short name are shown by their full names")
  func sameShortName() {
    let paths = ["/a/disk", "/b/disk"].map { path in
      PathStatus(
        name: "disk", path: path, kind: .file, state: .active, since: 0, sizeBytes: 512,
        outstanding: 0, direct: false)
    }
    let lines = status(Samples.device(.optimal, mode: .activeActive, paths))
    #expect(lines.contains("/a/disk (ACTIVE)"))
    #expect(lines.contains("/b/disk (ACTIVE)"))
  }

  @Test("what a file is called cannot write on the operator's screen")
  func escapes() {
    let path = PathStatus(
      name: "x\u{1b}[2J", path: "/x\u{1b}[2J", kind: .file, state: .fail, since: 0,
      reason: "bad\r\nnews", hint: "\u{7}", sizeBytes: 512, outstanding: 0, direct: false)
    let report = DeviceReport(devices: [Samples.device(.failed, [path])])
    for lines in [
      StatusText.render(report, Samples.context), ListText.render(report, Samples.context),
    ] {
      #expect(!lines.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
      #expect(lines.contains(#"x\u{1b}[2J"#))
    }
    #expect(
      ErrorText.render(program: "mpctl", message: "a\nb", hint: "c")
        == "mpctl: a\\u{a}b\n  fix: c\n")
    #expect(ErrorText.render(program: "mpctl", message: "a", hint: nil) == "mpctl: a\n")
  }

  @Test("a device that cannot follow its medium says why and what to do, in 80 columns")
  func growth() {
    var device = Samples.device(.optimal, [Samples.path(1, .active), Samples.path(2, .passive)])
    device.refusedGrowth = GrowthFacts(
      mediumBytes: 1 << 40, triedAt: 0, reason: "the new end of the medium of data has a GPT",
      hint: "if nobody needs that, wipe it there and mpctl resize data")
    let lines = status(device)
    #expect(lines.contains("data: the medium has grown to 1099511627776 bytes"))
    #expect(lines.contains("a GPT\n  fix: if nobody needs that"))
    #expect(lines.split(separator: "\n").allSatisfy { $0.count <= 80 })
    device.refusedGrowth = nil
    #expect(!status(device).contains("grown"))
  }

  /// They were rounded down: 64 MiB without a sector were 63M, where geom says 64M.
  @Test(
    "list rounds sizes as geom does",
    arguments: [
      (512, "512B"), (999, "999B"), (1000, "1.0K"), (1536, "1.5K"), (1_048_064, "1.0M"),
      (8_388_096, "8.0M"), (10_433_331, "9.9M"), (10_485_759, "10M"), (67_108_352, "64M"),
      (1_073_741_312, "1.0G"),
      (1_073_741_824, "1.0G"), (2_000_398_929_920, "1.8T"), (1_048_051_711, "999M"),
      (1_048_051_712, "1.0G"), (UInt64.max, "16E"),
    ] as [(UInt64, String)])
  func geomSizes(bytes: UInt64, shown: String) {
    let path = PathStatus(
      name: "da0", path: "/dev/da0", kind: .block, state: .active, since: 0, sizeBytes: bytes,
      outstanding: 0, direct: true)
    let list = ListText.render(
      DeviceReport(devices: [Samples.device(.degraded, [path])]), Samples.context)
    #expect(list.contains("   Mediasize: \(bytes) (\(shown))\n"), "\(list)")
  }

  @Test("long sentences are wrapped at 80 columns, long names stay whole")
  func wrapping() {
    let reason = String(repeating: "word ", count: 40) + String(repeating: "n", count: 90)
    let lines = status(
      Samples.device(.failed, [Samples.path(1, .fail, reason: reason, hint: reason)]))
    let long = lines.split(separator: "\n").filter { $0.count > 80 }
    #expect(long.count == 2)
    #expect(long.allSatisfy { String($0).hasSuffix(String(repeating: "n", count: 90)) })
  }

  @Test("colours mark states and do not move columns")
  func colours() {
    let device = Samples.device(.degraded, [Samples.failed, Samples.path(2, .active)])
    let report = DeviceReport(devices: [device])
    let context = RenderingContext(now: Samples.context.now, colours: true)
    let coloured = StatusText.render(report, context)
    #expect(coloured.contains("data  \u{1b}[33mDEGRADED\u{1b}[0m  \u{1b}[31mloop1 (FAIL)\u{1b}[0m"))
    #expect(coloured.contains("\u{1b}[32mloop2 (ACTIVE)\u{1b}[0m"))
    #expect(RenderingContext.wantsColours(isTerminal: true, noColor: nil, terminal: "xterm"))
    #expect(RenderingContext.wantsColours(isTerminal: true, noColor: "", terminal: nil))
    #expect(!RenderingContext.wantsColours(isTerminal: true, noColor: "1", terminal: "xterm"))
    #expect(!RenderingContext.wantsColours(isTerminal: true, noColor: nil, terminal: "dumb"))
    #expect(!RenderingContext.wantsColours(isTerminal: false, noColor: nil, terminal: "xterm"))
  }

  @Test("list is gmultipath's layout with the export among it")
  func list() {
    let device = Samples.device(.degraded, [Samples.failed, Samples.path(2, .active)])
    let report = DeviceReport(devices: [device])
    #expect(
      ListText.render(report, Samples.context) == """
        Geom name: data
        Type: MANUAL
        Mode: Active/Passive
        UUID: (null)
        State: DEGRADED
        Export: nbd+unix:///data?socket=/run/mpathd/data.sock
        Sessions: 1
        Queued: 0
        Providers:
        1. Name: multipath/data
           Mediasize: 1073741824 (1.0G)
           Sectorsize: 512
           Mode: r1w1e0
           State: DEGRADED
        Consumers:
        1. Name: loop1
           Mediasize: 1073741824 (1.0G)
           Sectorsize: 512
           Mode: r1w1e1
           State: FAIL
           Path: /dev/loop1
           Kind: block, direct
           Outstanding: 0
           Since: 2026-02-03T04:05:06Z
           Reason: EIO on write at 4096
           Errno: 5
           Hint: repair it, then mpctl restore
        2. Name: loop2
           Mediasize: 1073741824 (1.0G)
           Sectorsize: 512
           Mode: r1w1e1
           State: ACTIVE
           Path: /dev/loop2
           Kind: block, direct
           Outstanding: 0
           Since: 2026-02-03T04:05:06Z


        """)
  }

  @Test("status says what waits for an unanswered change, and how much waits for a path")
  func ghosts() {
    let device = DeviceStatus(
      name: "data", state: .failed, mode: .activePassive, sizeBytes: 512, blockBytes: 512,
      socket: "/s", uri: "u", sessions: 1, queuedRequests: 2, paths: [], queuedBytes: 8192,
      ghosts: 1, heldRequests: 3)
    #expect(
      status(device).hasSuffix(
        """
        data: 2 requests wait for a usable path, 8.0K
        data: 1 change was sent elsewhere and may still happen on the path that did not
            answer, so whatever would change the same bytes waits (3 now)

        """))
  }

  @Test("list shows settings, the preferred path, and priorities that are not the usual ones")
  func listedSettings() {
    let paths = ([(0, 1), (10, 5)] as [(Int, Int)]).map { priority, weight in
      PathStatus(
        name: "p\(priority)", path: "/p", kind: .file, state: .active, since: 0, sizeBytes: 512,
        outstanding: 0, direct: false, priority: priority, weight: weight)
    }
    let device = DeviceStatus(
      name: "data", state: .optimal, mode: .activePassive, sizeBytes: 512, blockBytes: 512,
      socket: "/s", uri: "u", sessions: 1, queuedRequests: 0, paths: paths, preferred: "p0",
      settings: DeviceSettings().values)
    let lines = ListText.render(DeviceReport(devices: [device]), Samples.context)
    #expect(lines.contains("\nPreferred: p0\nSettings: cache=auto failback=manual "))
    #expect(lines.split(separator: "\n").filter { $0.contains("Priority: ") }.count == 1)
    #expect(lines.contains("\n   Priority: 10, weight 5\n"))
    #expect(lines.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(SettingsText.render(device).contains("failback=manual\nno-path-timeout=60\n"))
    #expect(SettingsText.render(device).hasSuffix("priority.p10=10\nweight.p10=5\n"))
  }

  @Test("stats shows how late the paths are, when the daemon tells")
  func lateness() {
    let times = LatencyQuantiles(
      p50Microseconds: 192, p99Microseconds: 512, p999Microseconds: 3072)
    let stats = DeviceStats(
      name: "d",
      paths: [
        PathStats(
          name: "a", unresolved: 1, stalls: 2, patienceMilliseconds: 50, readTimes: times)
      ], queuedBytes: 4096, ghosts: 1, heldRequests: 3, givenUp: 4, held: 5,
      heldMilliseconds: 1200, hedges: 7)
    let result = StatsMethod.Result(devices: [stats], requests: 0)
    #expect(
      StatsText.render(result, Samples.context) == """
        d
          requests: 0 reads, 0 writes, 0 flushes, 0 discards, 0 zeroes
          bytes: 0 read, 0 written
          trouble: 0 errors, 0 retries, 0 failovers
          now: 0 sessions, 0 queued requests (4.0K)
          late: 4 given up, 1 ghosts, 3 held now, 5 held for 1.2 s in all, 7 hedges
          Path  Tries  Reads  Writes  In  Out  Errors  Busy  Fails  Restores
          a         0      0       0   0    0       0     0      0         0
          Path  Read p50     p99   p99.9  Write p50  p99  p99.9  Late  Stalls  Patience
          a       192 us  512 us  3.0 ms          -    -      -     1       2     50 ms

        mpathd: 0 requests

        """)
  }

  @Test("stats is a few sentences and a table of the paths")
  func stats() {
    #expect(
      StatsText.render(Samples.stats, Samples.context) == """
        data
          requests: 1000 reads, 2.5M writes, 3 flushes, 4 discards, 5 zeroes
          bytes: 3.9M read, 2.0T written
          trouble: 6 errors, 7 retries, 1 failovers
          now: 2 sessions, 0 queued requests
          Path    Tries  Reads  Writes    In   Out  Errors  Busy  Fails  Restores
          loop1  999999    600    1.2M  1.9M  1.0T       7     3      1         1
          loop2       0      0       0     0     0       0     0      0         0

        mpathd: 2501012 requests, 42 allocations

        """)
  }

  @Test("the widest usual numbers still fit 80 columns")
  func wideStats() {
    let max = UInt64.max
    let path = PathStats(
      name: "nvme0n1", attempts: 999_999, reads: 999_999, writes: 999_999, bytesRead: max,
      bytesWritten: max, errors: 999_999, outstanding: 4096, failures: 999_999, restores: 999_999)
    let result = StatsMethod.Result(
      devices: [
        DeviceStats(
          name: "d", reads: max, writes: max, flushes: max, discards: max, writeZeroes: max,
          bytesRead: max, bytesWritten: max, errors: max, retries: max, failovers: max,
          sessions: 999, queued: 9999, paths: [path])
      ], requests: max)
    let lines = StatsText.render(result, Samples.context).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test(
    "points in time are Gregorian dates in UTC",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"), (1_709_164_800, "2024-02-29T00:00:00Z"),
      (4_107_542_400, "2100-03-01T00:00:00Z"), (13_569_465_600, "2400-01-01T00:00:00Z"),
    ] as [(UInt64, String)])
  func dates(seconds: UInt64, expected: String) {
    let path = PathStatus(
      name: "p", path: "/p", kind: .file, state: .active, since: seconds * 1000, sizeBytes: 512,
      outstanding: 0, direct: false)
    let report = DeviceReport(devices: [Samples.device(.optimal, [path])])
    #expect(ListText.render(report, Samples.context).contains("Since: \(expected)\n"))
  }

  @Test("a time of garbage is shown and not trapped on, also when the clock was set back")
  func anyTime() {
    let path = PathStatus(
      name: "p", path: "/p", kind: .file, state: .fail, since: .max, sizeBytes: 512,
      outstanding: 0, direct: false)
    let lines = status(Samples.device(.failed, [path]))
    #expect(lines.contains("FAIL since "))
    #expect(!lines.contains(" ago"))
  }

  @Test("a path that keeps failing says until when it is kept out, and how to end that")
  func flapping() {
    let reason = FlapText.reason("EIO on read at 0", flaps: 3, untilMilliseconds: 951_782_399_000)
    let path = PathStatus(
      name: "p", path: "/p", kind: .file, state: .fail, since: 0, reason: reason,
      hint: FlapText.hint(device: "data", path: "p"), sizeBytes: 512, outstanding: 0,
      direct: false, keptOutUntil: 951_782_399_000)
    let words = status(Samples.device(.failed, [path])).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    #expect(words.contains("EIO on read at 0; it has failed 3 times soon after its return"))
    #expect(words.contains("not probed before 2000-02-28T23:59:59Z"))
    #expect(words.contains("fix: once it is repaired, mpctl restore data p ends the wait"))
    #expect(FlapText.reason(nil, flaps: 2, untilMilliseconds: 0).hasPrefix("it has failed 2 times"))
  }

  @Test("check exits with the worst of the devices")
  func check() {
    func exit(_ states: DeviceStatus.State...) -> Int32 {
      ExitStatus(checking: DeviceReport(devices: states.map { Samples.device($0, []) })).rawValue
    }
    #expect(exit() == 0)
    #expect(exit(.optimal, .optimal) == 0)
    #expect(exit(.optimal, .degraded) == 3)
    #expect(exit(.failed, .degraded, .optimal) == 4)
  }

  @Test("--json has the keys of the wire")
  func json() throws {
    #expect(
      try Wire.json(CreateMethod.Result(name: "d", uri: "u", socket: "/s")) == """
        {
          "name" : "d",
          "socket" : "/s",
          "uri" : "u"
        }
        """)
  }
}

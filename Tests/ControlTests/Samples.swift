import Control

/// Devices and paths that the golden tests show.
enum Samples {
  /// 2026-02-03T04:05:06.789Z.
  static let since: UInt64 = 1_770_091_506_789
  static let context = RenderingContext(now: since + 12_000)
  static let gibibyte: UInt64 = 1 << 30

  static func path(
    _ number: Int, _ state: PathStatus.State, reason: String? = nil, errno: Int? = nil,
    hint: String? = nil
  ) -> PathStatus {
    PathStatus(
      name: "loop\(number)", path: "/dev/loop\(number)", kind: .block, state: state,
      since: since, reason: reason, errno: errno, hint: hint, sizeBytes: gibibyte,
      outstanding: 0, direct: true)
  }

  static func device(
    _ state: DeviceStatus.State, mode: DeviceMode = .activePassive, queued: Int = 0,
    _ paths: [PathStatus], name: String = "data"
  ) -> DeviceStatus {
    DeviceStatus(
      name: name, state: state, mode: mode, sizeBytes: gibibyte, blockBytes: 512,
      socket: "/run/mpathd/\(name).sock",
      uri: "nbd+unix:///\(name)?socket=/run/mpathd/\(name).sock",
      sessions: 1, queuedRequests: queued, paths: paths)
  }

  static let failed = path(
    1, .fail, reason: "EIO on write at 4096", errno: 5, hint: "repair it, then mpctl restore")

  static let stats = StatsMethod.Result(
    devices: [
      DeviceStats(
        name: "data", reads: 1000, writes: 2_500_000, flushes: 3, discards: 4, writeZeroes: 5,
        bytesRead: 4_096_000, bytesWritten: 1 << 41, errors: 6, retries: 7, failovers: 1,
        sessions: 2, queued: 0,
        paths: [
          PathStats(
            name: "loop1", attempts: 999_999, reads: 600, writes: 1_250_000,
            bytesRead: 2_048_000, bytesWritten: 1 << 40, errors: 7, outstanding: 3, failures: 1,
            restores: 1),
          PathStats(name: "loop2"),
        ])
    ], requests: 2_501_012, allocations: 42)

  static let explanation = Explanation(
    name: "data", settings: ["mode": "active-passive", "hedge": "0"],
    paths: [
      PathThresholds(
        name: "loop1", state: .fail, patienceMicroseconds: 50_000, usualMicroseconds: 2048,
        averageMicroseconds: 202, hedgeAfterMicroseconds: 384, outstanding: 3,
        outstandingBytes: 12_288, unresolved: 2),
      PathThresholds(
        name: "loop2", state: .active, patienceMicroseconds: 50_000, priority: 10, weight: 5),
    ],
    decisions: [
      DecisionFacts(
        time: since, kind: .stall, path: "loop1",
        cause: "it answered nothing while a sibling did", waitedMicroseconds: 60_500,
        patienceMicroseconds: 50_000, usualMicroseconds: 2048, live: 3, reissued: 2, waiting: 1,
        active: "loop2",
        alternatives: [
          DecisionFacts.Alternative(
            path: "loop2", state: .passive, outstanding: 1, averageMicroseconds: 170, priority: 10),
          DecisionFacts.Alternative(
            path: nil, state: .held, outstanding: 0, averageMicroseconds: nil, priority: 0),
        ]),
      DecisionFacts(
        time: since, kind: .slow, path: "loop2", cause: "read at 512", waitedMicroseconds: 30_000,
        patienceMicroseconds: 50_000, usualMicroseconds: 2048, live: 1, count: 4, active: "loop2"),
      DecisionFacts(
        time: since, kind: .fault, path: nil, cause: "EIO on read at 0", waitedMicroseconds: 100,
        patienceMicroseconds: 50_000),
    ])
}

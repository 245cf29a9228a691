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
}

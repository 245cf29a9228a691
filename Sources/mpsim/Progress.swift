import Glibc

/// A line on a terminal that says how far a run is; nothing where the output goes elsewhere.
enum Progress {
  /// Runs until `isOver` says so.
  static func show(_ pool: SeedPool, until isOver: () -> Bool) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    let started = ContinuousClock.now
    while !isOver() {
      usleep(200_000)
      let (scenarios, requests) = pool.totals
      let seconds = (ContinuousClock.now - started).components.seconds
      line("\(scenarios) scenarios, \(requests) requests in \(seconds) s, at seed \(pool.reached)")
    }
    line("")
  }

  private static func line(_ text: String) {
    // Back to the line's beginning, and clear it.
    let bytes = Array("\r\u{1b}[K\(text)".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

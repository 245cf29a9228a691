internal import BlockIO
internal import Control
internal import Multipath
internal import Reactor

/// Counters of a snapshot as facts.
extension Supervisor {
  static func stats(_ device: DeviceEntry, _ snapshot: DeviceSnapshot) -> DeviceStats {
    let counters = snapshot.counters
    return DeviceStats(
      name: device.name.text, reads: counters.reads, writes: counters.writes,
      flushes: counters.flushes, discards: counters.discards,
      writeZeroes: counters.writeZeroes, bytesRead: counters.bytesRead,
      bytesWritten: counters.bytesWritten, errors: counters.errors, retries: counters.retries,
      failovers: counters.failovers, sessions: snapshot.sessions,
      queued: snapshot.queuedRequests,
      paths: device.paths.compactMap { entry in
        snapshot.paths.first { $0.id == entry.id }.map { stats(of: entry, $0) }
      },
      queuedBytes: snapshot.queuedBytes, ghosts: snapshot.ghosts,
      heldRequests: snapshot.heldRequests, givenUp: counters.givenUp, held: counters.held,
      heldMilliseconds: counters.heldNanoseconds / 1_000_000, hedges: counters.hedges)
  }

  private static func stats(of entry: PathEntry, _ snapshot: PathSnapshot) -> PathStats {
    let counters = snapshot.record.counters
    return PathStats(
      name: entry.name, attempts: counters.attempts, reads: counters.reads,
      writes: counters.writes, bytesRead: counters.bytesRead,
      bytesWritten: counters.bytesWritten, errors: counters.errors,
      outstanding: snapshot.outstanding, failures: counters.failures,
      restores: counters.restores, unresolved: Int(snapshot.record.unresolved),
      stalls: snapshot.record.stalls, patienceMilliseconds: snapshot.patience.milliseconds,
      readTimes: quantiles(snapshot.readTimes), writeTimes: quantiles(snapshot.writeTimes))
  }

  private static func quantiles(_ times: LatencyHistogram) -> LatencyQuantiles? {
    guard let p50 = times.quantile(perMille: 500), let p99 = times.quantile(perMille: 990),
      let p999 = times.quantile(perMille: 999)
    else { return nil }
    return LatencyQuantiles(
      p50Microseconds: p50.nanoseconds / 1000, p99Microseconds: p99.nanoseconds / 1000,
      p999Microseconds: p999.nanoseconds / 1000)
  }
}

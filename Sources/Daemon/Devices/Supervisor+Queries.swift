internal import BlockIO
internal import CLinux
internal import Control
internal import Multipath
internal import Reactor

/// Answers about devices: one snapshot from each reactor, joined with the names the control side knows.
/// Nothing here waits for a path.
extension Supervisor {
  func report(_ params: DeviceSelection, _ respond: @escaping Respond<StatusMethod>) {
    query(params) { [self] outcome in
      respond(outcome.map { pairs in DeviceReport(devices: pairs.map { status($0, $1) }) })
    }
  }

  func stats(_ params: DeviceSelection, _ respond: @escaping Respond<StatsMethod>) {
    query(params) { outcome in
      respond(
        outcome.map { pairs in
          let stats = pairs.map { Self.stats($0, $1) }
          let requests = stats.reduce(0) {
            $0 &+ $1.reads &+ $1.writes &+ $1.flushes &+ $1.discards &+ $1.writeZeroes
          }
          let allocations = mp_allocations()
          return StatsMethod.Result(
            devices: stats, requests: requests,
            allocations: allocations == UInt64.max ? nil : allocations)
        })
    }
  }

  private typealias Pair = (DeviceEntry, DeviceSnapshot)

  private func query(
    _ params: DeviceSelection, _ done: @escaping (Result<[Pair], ControlError>) -> Void
  ) {
    let wanted: [DeviceEntry]
    do throws(ControlError) {
      if let name = params.name {
        wanted = [try device(named: name)]
      } else {
        wanted = devices.filter { !$0.isBeingDestroyed }
      }
    } catch {
      return done(.failure(error))
    }
    let asked = Set(wanted.map { $0.reactor }).sorted()
    guard !asked.isEmpty else { return done(.success([])) }
    var left = asked.count
    var found: [UInt32: DeviceSnapshot] = [:]
    var failure: ControlError?
    for reactor in asked {
      let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
        left -= 1
        if case .snapshot(let snapshots) = answer {
          for snapshot in snapshots { found[snapshot.id] = snapshot }
        } else {
          failure = error(answer, while: "being asked")
        }
        guard left == 0 else { return }
        if let failure { return done(.failure(failure)) }
        done(
          .success(wanted.compactMap { device in found[device.id].map { (device, $0) } }))
      }
      reactors[reactor].post(.snapshot(ticket: ticket))
    }
  }

  // MARK: Snapshots as facts

  private func status(_ device: DeviceEntry, _ snapshot: DeviceSnapshot) -> DeviceStatus {
    let paths = device.paths.compactMap { entry in
      snapshot.paths.first { $0.id == entry.id }.map { status(of: entry, $0, device) }
    }
    return DeviceStatus(
      name: device.name.text,
      state: DeviceStatus.State(rawValue: snapshot.state.rawValue) ?? .failed,
      mode: device.mode, sizeBytes: device.geometry.sizeBytes,
      blockBytes: device.geometry.blockBytes, socket: device.socket,
      uri: options.runDirectory.uri(of: device.name), sessions: snapshot.sessions,
      queuedRequests: snapshot.queuedRequests, paths: paths)
  }

  private func status(
    of entry: PathEntry, _ snapshot: PathSnapshot, _ device: DeviceEntry
  ) -> PathStatus {
    let (reason, errno, hint) = Self.explain(entry, snapshot)
    return PathStatus(
      name: entry.name, path: entry.path, kind: entry.isBlockDevice ? .block : .file,
      state: PathStatus.State(rawValue: snapshot.state.rawValue) ?? .lost,
      since: WallClock.milliseconds(at: snapshot.changedAt), reason: reason, errno: errno,
      hint: hint, sizeBytes: device.geometry.sizeBytes, outstanding: snapshot.outstanding,
      direct: entry.isDirect)
  }

  /// Why a path is out of service, and what to do beyond what holds for every path in that state.
  private static func explain(
    _ entry: PathEntry, _ snapshot: PathSnapshot
  ) -> (reason: String?, errno: Int?, hint: String?) {
    let probed = "it is probed and returns by itself once it answers"
    switch snapshot.state {
    case .active, .passive, .read: return (nil, nil, nil)
    case .held: return ("failed by an operator", nil, nil)
    case .foreign: return (entry.remark ?? "it shows another medium", nil, nil)
    case .fail, .probing, .lost: break
    }
    switch snapshot.service {
    case .failed(let cause): return (words(cause), Int(cause.errno), probed)
    case .lost(let cause):
      return (entry.remark ?? words(cause), Int(cause.errno), "bring it back; \(probed)")
    case .good, .foreign: return (entry.remark, nil, nil)
    }
  }

  private static func stats(_ device: DeviceEntry, _ snapshot: DeviceSnapshot) -> DeviceStats {
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
      })
  }

  private static func stats(of entry: PathEntry, _ snapshot: PathSnapshot) -> PathStats {
    let counters = snapshot.counters
    return PathStats(
      name: entry.name, attempts: counters.attempts, reads: counters.reads,
      writes: counters.writes, bytesRead: counters.bytesRead,
      bytesWritten: counters.bytesWritten, errors: counters.errors,
      outstanding: snapshot.outstanding, failures: counters.failures,
      restores: counters.restores)
  }
}

internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Label
internal import Multipath
internal import Reactor

/// Answers about devices: one snapshot from each reactor, joined with the names the control side knows.
/// Nothing here waits for a path.
extension Supervisor {
  /// Each device as `Wire.line` writes its status.
  func report(
    _ params: DeviceSelection, _ respond: @escaping (Result<WrittenReport, ControlError>) -> Void
  ) {
    query(params) { [self] outcome in
      noteClock()
      respond(
        outcome.flatMap { pairs in
          do throws(ControlError) {
            return .success(
              WrittenReport(
                devices: try pairs.map { device, snapshot throws(ControlError) in
                  try line(of: device, snapshot)
                },
                stopped: params.name == nil ? stopped.map { $0.name }.sorted() : []))
          } catch {
            return .failure(error)
          }
        })
    }
  }

  /// The clock on the wall may have been set; a little is only its being adjusted.
  private func noteClock() {
    let start = WallClock.milliseconds(at: .zero)
    if max(start, clockStart) - min(start, clockStart) > 100 { clockStart = start }
  }

  private func line(
    of device: DeviceEntry, _ snapshot: DeviceSnapshot
  ) throws(ControlError) -> [UInt8] {
    // The kernel is asked anew who uses its device, and medium errors are few.
    guard device.kernel == nil, snapshot.mediumFaults.isEmpty else {
      return try Wire.line(status(device, snapshot))
    }
    let outlook = DeviceOutlook(snapshot, clockSet: clockStart)
    if let said = device.said, said.revision == device.revision, said.outlook == outlook {
      return said.line
    }
    let line = try Wire.line(status(device, snapshot))
    device.said = (device.revision, outlook, line)
    return line
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

  typealias Pair = (DeviceEntry, DeviceSnapshot)

  func query(
    _ params: DeviceSelection, _ done: @escaping (Result<[Pair], ControlError>) -> Void
  ) {
    let wanted: [DeviceEntry]
    do throws(ControlError) {
      if let name = params.name {
        wanted = [try device(named: name)]
      } else {
        wanted = devices.filter { params.all == true || !$0.isBeingDestroyed }
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
      reactors[reactor].post(
        .snapshot(ticket: ticket, device: params.name == nil ? nil : wanted[0].id))
    }
  }

  // MARK: Snapshots as facts

  private func status(_ device: DeviceEntry, _ snapshot: DeviceSnapshot) -> DeviceStatus {
    let labels = PathLabels.labels(of: device.paths.map { ($0.name, $0.path) })
    let paths = zip(device.paths, labels).compactMap { entry, label in
      snapshot.paths.first { $0.id == entry.id }.map { status(of: entry, label, $0, device) }
    }
    let state = DeviceStatus.State(rawValue: snapshot.state.rawValue) ?? .failed
    var facts = DeviceStatus(
      name: device.name.text,
      // A device that cannot serve all of itself is not what it should be.
      state: state == .optimal && device.usableBytes != nil ? .degraded : state,
      mode: device.settings.mode, type: device.label == nil ? .manual : .automatic,
      sizeBytes: device.geometry.sizeBytes,
      blockBytes: device.geometry.blockBytes, socket: device.socket,
      uri: options.runDirectory.uri(of: device.name), sessions: snapshot.sessions,
      queuedRequests: snapshot.queuedRequests, paths: paths, queuedBytes: snapshot.queuedBytes,
      ghosts: snapshot.ghosts, heldRequests: snapshot.heldRequests,
      preferred: snapshot.preferred.flatMap { device.index(ofPath: $0) }
        .map { device.paths[$0].name },
      settings: device.settingsShown, kernel: device.kernel?.status, cache: device.cache,
      mediumErrors: snapshot.mediumFaults.isEmpty
        ? nil : snapshot.mediumFaults.map { Self.mediumFacts($0) },
      uuid: device.label?.record.uuid.text)
    facts.exports =
      device.exports.isEmpty ? nil : device.exports.map { $0.status(device.name.text) }
    facts.heldMilliseconds = snapshot.heldLongest?.milliseconds
    facts.usableBytes = device.usableBytes
    facts.refusedGrowth = device.refusedGrowth
    facts.physicalPath = device.physicalPath
    facts.staleSessions = snapshot.staleSessions > 0 ? snapshot.staleSessions : nil
    return facts
  }

  private static func mediumFacts(_ fault: MediumFault) -> MediumErrorFacts {
    MediumErrorFacts(
      offsetBytes: fault.range.offset, lengthBytes: fault.range.length, isWrite: fault.modifies,
      errno: Int(fault.errno), errorName: ErrnoText.name(fault.errno), requests: fault.count,
      lastAt: WallClock.milliseconds(at: fault.at))
  }

  private func status(
    of entry: PathEntry, _ label: String, _ snapshot: PathSnapshot, _ device: DeviceEntry
  ) -> PathStatus {
    var (reason, errno, special) = Self.explain(entry, snapshot)
    let keptOutUntil = snapshot.record.keptOutUntil.map { WallClock.milliseconds(at: $0) }
    if let keptOutUntil {
      // What is known of the failure stays; what to do about it is another thing.
      reason = FlapText.reason(
        reason, flaps: snapshot.record.flaps, untilMilliseconds: keptOutUntil)
      special = FlapText.hint(device: device.name.text, path: label)
    }
    let state = PathStatus.State(rawValue: snapshot.state.rawValue) ?? .lost
    let hint = special ?? PathAdvice.general(state, device: device.name.text, path: label)
    return PathStatus(
      name: entry.name, path: entry.path, kind: entry.kind, state: state,
      since: WallClock.milliseconds(at: snapshot.record.changedAt), reason: reason, errno: errno,
      hint: hint,
      sizeBytes: entry.sizeBytes ?? device.medium.geometry.sizeBytes,
      outstanding: snapshot.outstanding,
      direct: entry.isDirect, unresolved: Int(snapshot.record.unresolved),
      stalls: snapshot.record.stalls, patienceMilliseconds: snapshot.patience.milliseconds,
      priority: Int(snapshot.record.priority), weight: Int(snapshot.record.weight),
      server: entry.server?.shown,
      connections: entry.network == nil ? nil : Int(entry.settings.connections),
      meaning: errno.map { ErrnoText.meaning(Int32(clamping: $0)) },
      keptOutUntil: keptOutUntil)
  }

  /// Why a path is out of service, and what to do beyond what holds for every path in that state.
  private static func explain(
    _ entry: PathEntry, _ snapshot: PathSnapshot
  ) -> (reason: String?, errno: Int?, hint: String?) {
    let probed = "it is probed and returns by itself once it answers"
    switch snapshot.state {
    case .fail where snapshot.record.holdYields:
      return (
        "failed by an operator until no other path is left", nil, nil
      )
    case .active, .passive, .read: return (nil, nil, nil)
    case .held: return ("failed by an operator", nil, nil)
    case .foreign: return (entry.remark ?? "it shows another medium", nil, nil)
    case .fail, .probing, .lost: break
    }
    let unanswered = Int(snapshot.record.unresolved)
    if unanswered > 0 {
      return (
        unanswered == 1
          ? "1 attempt has not answered" : "\(unanswered) attempts have not answered",
        nil, "it returns by itself once it has answered them and its probes"
      )
    }
    switch snapshot.record.service {
    case .failed(let cause) where cause.errno == ETIMEDOUT && snapshot.record.stalls > 0:
      return ("it did not answer while others did", Int(cause.errno), probed)
    case .failed(let cause): return (words(cause), Int(cause.errno), probed)
    case .lost(let cause):
      return (entry.remark ?? words(cause), Int(cause.errno), "bring it back; \(probed)")
    case .good, .foreign: return (entry.remark, nil, nil)
    }
  }
}

internal import BlockIO
internal import Control
internal import Multipath
internal import Reactor

/// The decision machine's memory, with the names the control side knows.
extension Supervisor {
  func explain(_ params: ExplainMethod.Params, _ respond: @escaping Respond<ExplainMethod>) {
    query(DeviceSelection(name: params.name)) { [self] outcome in
      switch outcome {
      case .failure(let error): respond(.failure(error))
      case .success(let pairs):
        guard let (device, snapshot) = pairs.first else {
          return respond(.failure(ControlError(.notFound, "it has gone meanwhile")))
        }
        explain(device, snapshot, last: params.last, respond)
      }
    }
  }

  private func explain(
    _ device: DeviceEntry, _ snapshot: DeviceSnapshot, last: Int?,
    _ respond: @escaping Respond<ExplainMethod>
  ) {
    let ticket = ticket(patience: DaemonLimits.reactorPatience) { [self] answer in
      guard case .explained(let decisions) = answer else {
        return respond(.failure(error(answer, while: "being asked")))
      }
      let wanted = decisions.suffix(max(0, last ?? decisions.count))
      respond(
        .success(
          Explanation(
            name: device.name.text, settings: device.settings.values,
            paths: device.paths.compactMap { entry in
              snapshot.paths.first { $0.id == entry.id }.map { Self.thresholds(entry, $0) }
            },
            decisions: wanted.map { Self.facts($0, device) }, cache: device.cache)))
    }
    post(.explain(ticket: ticket, device: device.id), to: device)
  }

  private static func thresholds(_ entry: PathEntry, _ path: PathSnapshot) -> PathThresholds {
    PathThresholds(
      name: entry.name, state: PathStatus.State(rawValue: path.state.rawValue) ?? .lost,
      patienceMicroseconds: path.patience.nanoseconds / 1000,
      usualMicroseconds: known(path.record.usual),
      averageMicroseconds: known(path.record.averageTime),
      hedgeAfterMicroseconds: known(path.record.hedgeAfter), outstanding: path.outstanding,
      outstandingBytes: path.record.outstandingBytes, unresolved: Int(path.record.unresolved),
      priority: Int(path.record.priority), weight: Int(path.record.weight))
  }

  private static func facts(
    _ snapshot: DecisionSnapshot, _ device: DeviceEntry
  ) -> DecisionFacts {
    let decision = snapshot.decision
    let name: (UInt32) -> String? = { id in device.index(ofPath: id).map { device.paths[$0].name } }
    let isStall = decision.kind == .stall
    var alternatives: [DecisionFacts.Alternative] = []
    for (index, id) in snapshot.alternatives.enumerated() {
      let other = decision.alternatives[index]
      alternatives.append(
        DecisionFacts.Alternative(
          path: id.flatMap(name),
          state: PathStatus.State(rawValue: other.state.rawValue) ?? .lost,
          outstanding: Int(other.outstanding), averageMicroseconds: known(other.averageTime),
          priority: Int(other.priority)))
    }
    return DecisionFacts(
      time: WallClock.milliseconds(at: decision.at), kind: kind(decision.kind),
      path: snapshot.path.flatMap(name), cause: cause(decision),
      waitedMicroseconds: decision.waited.nanoseconds / 1000,
      patienceMicroseconds: decision.patience.nanoseconds / 1000,
      usualMicroseconds: known(decision.usual), live: Int(decision.live),
      reissued: isStall ? Int(decision.reissued) : nil,
      waiting: isStall ? Int(decision.waiting) : nil, count: Int(decision.count),
      active: snapshot.successor.flatMap(name), alternatives: alternatives)
  }

  private static func kind(_ kind: Decision.Kind) -> DecisionFacts.Kind {
    switch kind {
    case .fault: .fault
    case .stall: .stall
    case .slow: .slow
    }
  }

  private static func cause(_ decision: Decision) -> String {
    switch decision.kind {
    case .fault: words(decision.cause)
    case .stall: "it answered nothing while a sibling did"
    case .slow: "\(word(decision.cause.operation)) at \(decision.cause.offset)"
    }
  }

  /// Zero stands for not known yet.
  private static func known(_ time: Interval) -> UInt64? {
    time == .zero ? nil : time.nanoseconds / 1000
  }
}

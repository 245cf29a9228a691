internal import BlockIO
internal import Control
internal import Multipath
internal import Reactor

/// Events for operators: remembered, and sent to whoever follows.
extension Supervisor {
  func events(_ params: EventsMethod.Params, _ respond: @escaping Respond<EventsMethod>) {
    do throws(ControlError) {
      // A device that has gone has events still; a name that never was is a mistake.
      let found = events.newest(params.last, of: params.name)
      if let name = params.name, found.isEmpty { _ = try device(named: name) }
      respond(.success(EventsMethod.Result(events: found)))
    } catch {
      respond(.failure(error))
    }
  }

  func record(
    _ kind: EventKind, _ device: DeviceEntry, at instant: Instant = ReactorThread.clock(),
    _ fill: (inout EventRecord) -> Void = { _ in }
  ) {
    let record = events.append { sequence in
      var record = EventRecord(
        sequence: sequence, time: WallClock.milliseconds(at: instant), kind: kind,
        device: device.name.text)
      fill(&record)
      return record
    }
    server.publish(record)
  }

  /// A reactor's event as an operator's.
  func recordEvent(
    _ event: DeviceEvent, of device: DeviceEntry, at instant: Instant, waited: Interval?
  ) {
    let name: (UInt32) -> String? = { id in device.index(ofPath: id).map { device.paths[$0].name } }
    let took = waited.map { $0.nanoseconds / 1000 }
    switch event {
    case .pathFailed(let path, let cause):
      recordFault(.pathFailed, name(path), cause, device, instant, took)
    case .pathLost(let path, let cause):
      recordFault(.pathLost, name(path), cause, device, instant, took)
    case .pathForeign(let path):
      record(.pathForeign, device, at: instant) { $0.path = name(path) }
    case .pathHeld(let path): record(.pathHeld, device, at: instant) { $0.path = name(path) }
    case .pathStalled(let path, let quiet, let reissued, let waiting):
      record(.pathStalled, device, at: instant) { record in
        record.path = name(path)
        record.durationMicroseconds = quiet.nanoseconds / 1000
        record.reissued = reissued
        record.waiting = waiting
      }
    case .pathResolved(let path):
      record(.pathResolved, device, at: instant) { $0.path = name(path) }
    case .pathRestored(let path, let cause):
      record(.pathRestored, device, at: instant) { record in
        record.path = name(path)
        record.cause = Self.words(cause)
      }
    case .activeChanged(let from, let to):
      let isFailover = took != nil && to != nil
      record(isFailover ? .failover : .activeChanged, device, at: instant) { record in
        record.from = from.flatMap(name)
        record.to = to.flatMap(name)
        record.durationMicroseconds = took
      }
    case .queueingBegan:
      device.queueingSince = instant
      record(.queueBegan, device, at: instant)
    case .queueingEnded:
      let since = device.queueingSince
      device.queueingSince = nil
      record(.queueEnded, device, at: instant) { record in
        record.durationMicroseconds = since.map { (instant - $0).nanoseconds / 1000 }
      }
    case .holdingBegan:
      device.holdingSince = instant
      record(.holdBegan, device, at: instant)
    case .holdingEnded:
      let since = device.holdingSince
      device.holdingSince = nil
      record(.holdEnded, device, at: instant) { record in
        record.durationMicroseconds = since.map { (instant - $0).nanoseconds / 1000 }
      }
    case .mediumError(let cause):
      recordFault(.mediumError, nil, cause, device, instant, nil)
    case .fenceBegan(let path):
      record(.fenceBegan, device, at: instant) { $0.path = name(path) }
    case .fenceFailed(let path, _):
      record(.fenceFailed, device, at: instant) { $0.path = name(path) }
    case .fenceSucceeded(let path, let waited):
      record(.fenceSucceeded, device, at: instant) { record in
        record.path = name(path)
        record.durationMicroseconds = waited.nanoseconds / 1000
      }
    case .fenceNotNeeded(let path):
      record(.fenceNotNeeded, device, at: instant) { $0.path = name(path) }
    case .flushFailed(let path):
      record(.flushFailed, device, at: instant) { $0.path = path.flatMap(name) }
    case .slowClientDropped: record(.clientDropped, device, at: instant)
    case .stateChanged(let state):
      record(.deviceState, device, at: instant) {
        $0.state = DeviceStatus.State(rawValue: state.rawValue)
      }
    }
  }

  private func recordFault(
    _ kind: EventKind, _ path: String?, _ cause: FaultCause, _ device: DeviceEntry,
    _ instant: Instant, _ took: UInt64?
  ) {
    record(kind, device, at: instant) { record in
      record.path = path
      record.cause = Self.words(cause)
      record.errno = Int(cause.errno)
      record.durationMicroseconds = took
    }
  }
}

internal import BlockIO
internal import Control
internal import Multipath
internal import Reactor

/// Settings as operators know them, in the decision machine's terms.
extension DeviceEntry {
  var tuning: DeviceTuning {
    DeviceTuning(
      mode: settings.mode.machineMode,
      selector: settings.selector.machineSelector,
      stall: StallPolicy(
        mode: settings.giveUp == .strict ? .strict : .quarantine,
        floor: .milliseconds(settings.stallFloorMilliseconds), factor: settings.stallFactor,
        ceiling: .milliseconds(settings.stallCeilingMilliseconds),
        grace: .milliseconds(settings.stallGraceMilliseconds), ghostsMax: Int(settings.ghostsMax),
        holdTimeout: .seconds(settings.holdTimeoutSeconds)),
      hedge: HedgePolicy(
        percent: UInt32(settings.hedgePercent),
        floor: .microseconds(settings.hedgeFloorMicroseconds),
        burst: UInt32(settings.hedgeBurst)),
      failback: settings.failback.machineFailback,
      probe: ProbeSchedule(
        first: .milliseconds(settings.probeFirstMilliseconds),
        longest: .seconds(settings.probeLongestSeconds), goodNeeded: Int(settings.probeGood),
        idle: .seconds(settings.probeIdleSeconds),
        unused: .seconds(settings.probeUnusedSeconds),
        flapWindow: .seconds(settings.flapWindowSeconds),
        flapFirst: .milliseconds(settings.flapFirstMilliseconds),
        flapLongest: .seconds(settings.flapLongestSeconds)),
      noPathTimeout: .seconds(settings.waitForPathSeconds),
      noPathBytesMax: settings.noPathBytes,
      paths: paths.map {
        PathTuning(
          id: $0.id, priority: $0.settings.priority, weight: UInt32($0.settings.weight))
      },
      fence: settings.fenceCommand == nil ? .none : .required,
      cacheDomain: cache.domain == .private ? .private : .shared,
      quietTime: .seconds(settings.quiesceSeconds))
  }
}

extension DeviceMode {
  var machineMode: Mode {
    switch self {
    case .activePassive: .activePassive
    case .activeActive: .activeActive
    case .activeRead: .activeRead
    }
  }
}

extension SpreadRule {
  /// The selector of the same name.
  var machineSelector: SelectorKind {
    guard let kind = SelectorKind.named(rawValue), kind.spreads else {
      preconditionFailure("the settings know a selector that the machine does not")
    }
    return kind
  }
}

extension FailbackRule {
  var machineFailback: Failback {
    switch self {
    case .manual: .manual
    case .immediate: .after(.zero)
    case .after(let seconds): .after(.seconds(seconds))
    }
  }
}

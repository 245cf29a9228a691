public import BlockIO

/// The state of a device as users see it (gmultipath's words, with FAILED for its BROKEN).
public enum DeviceState: String, Sendable, BitwiseCopyable {
  /// Every path carries requests, and there is more than one.
  case optimal = "OPTIMAL"
  /// Some path does not, or there is only one.
  case degraded = "DEGRADED"
  /// No path does.
  case failed = "FAILED"
}

/// The state of a path as users see it.
public enum PathState: String, Sendable, BitwiseCopyable, Codable {
  case active = "ACTIVE"
  case passive = "PASSIVE"
  /// Active/read: serves reads only.
  case read = "READ"
  case fail = "FAIL"
  case held = "HELD"
  /// Out of service, and its latest probes were good.
  case probing = "PROBING"
  case lost = "LOST"
  case foreign = "FOREIGN"
}

extension MultipathMachine {
  public var deviceState: DeviceState {
    if table.usable.isEmpty { return .failed }
    return table.usable == table.attached && table.attached.count > 1 ? .optimal : .degraded
  }

  public func pathState(_ path: PathIndex) -> PathState {
    let record = table[path]
    if record.tenancy == .leaving { return .lost }
    if record.isHeld { return record.holdYields ? .fail : .held }
    switch record.service {
    case .failed: return record.probe.goodInRow > 0 ? .probing : .fail
    case .lost: return record.probe.goodInRow > 0 ? .probing : .lost
    case .foreign: return .foreign
    case .good: break
    }
    if configuration.mode == .activeActive || active == path { return .active }
    return configuration.mode == .activeRead ? .read : .passive
  }
}

/// Everything about a device that can be changed while it is in use.
///
/// The values are those of the command line, in its units; the daemon turns them into the terms of the
/// decision machine.
package struct DeviceSettings: Hashable, Sendable {
  package var mode = DeviceMode.activePassive
  package var selector = SpreadRule.activeActive
  package var giveUp = GiveUpRule.quarantine
  package var stallFloorMilliseconds: UInt64 = 50
  package var stallFactor: UInt64 = 8
  package var stallCeilingMilliseconds: UInt64 = 30_000
  package var stallGraceMilliseconds: UInt64 = 10
  package var ghostsMax: UInt64 = 128
  package var holdTimeoutSeconds: UInt64 = 60
  package var hedgePercent: UInt64 = 0
  package var hedgeFloorMicroseconds: UInt64 = 200
  package var hedgeBurst: UInt64 = 32
  package var failback = FailbackRule.manual
  package var noPathTimeoutSeconds = DeviceOptions.noPathTimeoutSecondsDefault
  package var noPathBytes: UInt64 = 32 << 20
  package var onLastPath = LastPathRule.queue
  package var probeFirstMilliseconds: UInt64 = 100
  package var probeLongestSeconds: UInt64 = 10
  package var probeGood: UInt64 = 3
  package var probeIdleSeconds: UInt64 = 5
  package var probeUnusedSeconds: UInt64 = 60
  package var flapWindowSeconds: UInt64 = 30
  package var flapFirstMilliseconds: UInt64 = 1000
  package var flapLongestSeconds: UInt64 = 300
  package var cache = CacheRule.auto
  /// Nil for none.
  package var fenceCommand: String?
  package var fenceTimeoutSeconds: UInt64 = 30
  package var fenceDelaySeconds: UInt64 = 1
  package var quiesceSeconds: UInt64 = 5

  package init() {}

  package init(mode: DeviceMode, options: DeviceOptions) {
    self.mode = mode
    noPathTimeoutSeconds = options.noPathTimeoutSeconds
  }

  /// How long requests wait for a usable path: the rule for the last path may leave no time at all.
  package var waitForPathSeconds: UInt64 {
    switch onLastPath {
    case .queue: noPathTimeoutSeconds
    case .fail, .destroy: 0
    }
  }

  /// Refuses values that are each possible and together are not.
  package func check() throws(ControlError) {
    if cache == .private { try CacheFacts(domain: .private, reason: .operator).check(mode: mode) }
    guard stallFloorMilliseconds <= stallCeilingMilliseconds else {
      throw ControlError(
        .badRequest,
        "the stall-floor of \(stallFloorMilliseconds) ms is above the stall-ceiling of "
          + "\(stallCeilingMilliseconds) ms",
        hint: "set both, the floor below the ceiling")
    }
    guard probeFirstMilliseconds <= probeLongestSeconds * 1000 else {
      throw ControlError(
        .badRequest,
        "the probe-first of \(probeFirstMilliseconds) ms is above the probe-longest of "
          + "\(probeLongestSeconds) s",
        hint: "set both, the first wait below the longest")
    }
    guard flapFirstMilliseconds <= flapLongestSeconds * 1000 else {
      throw ControlError(
        .badRequest,
        "the flap-first of \(flapFirstMilliseconds) ms is above the flap-longest of "
          + "\(flapLongestSeconds) s",
        hint: "set both, the first wait below the longest")
    }
  }

  /// The current values by key, as `--json` and the state file have them.
  package var values: [String: String] {
    var values: [String: String] = [:]
    for setting in Setting.all { values[setting.name] = setting.format(self) }
    return values
  }

  /// Those that are not as they would be in a new device; mode and no-path-timeout have fields of their own.
  package var changes: [String: String] {
    let usual = DeviceSettings().values
    return values.filter { key, value in
      usual[key] != value && !Setting.keptApart.contains(key)
    }
  }
}

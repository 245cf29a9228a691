internal import BlockIO
internal import Control
internal import Label
internal import Logging
internal import Reactor

/// What becomes of a running device's label when the device changes or ends.
extension Supervisor {
  // MARK: A new mode

  /// Writes the device's mode into its label, through a path in service. The label keeps its name, also where
  /// the device runs under another.
  func relabel(_ device: DeviceEntry, _ done: @escaping (_ remark: String?) -> Void) {
    guard var label = device.label, label.record.mode != device.settings.mode.labelMode else {
      return done(nil)
    }
    let failed = { (reason: String) in
      done(
        "the mode has changed, but the label still tells the old one: \(reason); a daemon that does not "
          + "remember this device begins with that")
    }
    do throws(LabelError) {
      label.record = try label.record.changed(mode: device.settings.mode.labelMode)
    } catch {
      return failed(error.message)
    }
    guard let source = goodSource(of: device) else { return failed("no path is in service") }
    let medium = device.medium.geometry
    let changed = label
    elsewhere(
      "mpath-label", through: source,
      { LabelWork.rewrite(changed, through: $0, medium) }
    ) { answer in
      if let reason = Self.reason(answer) { return failed(reason) }
      device.label = changed
      done(nil)
    }
  }

  private func goodSource(of device: DeviceEntry) -> MediumSource? {
    device.paths.first { $0.isOpen && $0.isGood && !$0.isHeld }?.source
  }

  /// Nil when all went well.
  private static func reason(_ answer: LabelAnswer?) -> String? {
    switch answer {
    case .done: nil
    case .refused(let error): error.message
    case .failed(let trouble): trouble.sentence
    case .unreadable: "the medium does not show what was written"
    case .foreign, .looked, .candidates, .merged, .watching, nil: "the path did not answer"
    }
  }

  // MARK: The end

  /// A way to the medium that outlives the device's own, for `wipeLabel`; nil for a device without a label.
  func labelSource(of device: DeviceEntry) -> KeptSource? {
    guard device.label != nil else { return nil }
    return goodSource(of: device).map { KeptSource($0) }
  }

  /// After a `destroy`: the label goes too, or the device would be back with the next look for labels.
  func wipeLabel(
    of device: DeviceEntry, through kept: KeptSource?, _ outcome: Result<Change, ControlError>,
    _ finish: @escaping (Result<Change, ControlError>) -> Void
  ) {
    guard let label = device.label, case .success(let change) = outcome else {
      kept?.drop()
      return finish(outcome)
    }
    guard let kept else {
      let remark = "no path was in service, and the label is still on the medium"
      return finish(.success(Change(warning: remark)))
    }
    let medium = device.medium.geometry
    elsewhere("mpath-label", through: kept, { LabelWork.erase(label, through: $0, medium) }) {
      answer in
      let remark = Self.reason(answer).map { "the label could not be wiped: \($0)" }
      finish(.success(Change(warning: remark ?? change.warning)))
    }
  }

  static func remarkOnLabel(_ specification: DeviceSpecification) -> String? {
    guard specification.label != nil else { return nil }
    return "its label is still on the medium, and brings it back; mpctl clear wipes it"
  }
}

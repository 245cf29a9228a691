internal import BlockIO
internal import Control
internal import Glibc
internal import Logging

/// Keeping the guardian informed, and alive.
extension Supervisor {
  private static let guardianPause = Interval.seconds(1)

  /// To be called before the kernel is asked to connect it.
  func guardKernelDevice(_ attachment: KernelAttachment) {
    var devices = guardian.devices
    devices[attachment.identifier] = attachment.guarded
    setGuarded(devices)
  }

  func unguardKernelDevice(_ attachment: KernelAttachment) {
    var devices = guardian.devices
    if devices.removeValue(forKey: attachment.identifier) != nil { setGuarded(devices) }
  }

  /// Takes over, all at once, what the guardian of the daemon before has: it ends when it sees a successor.
  func guardRemembered() {
    let there = KernelDevice.all(backendPrefix: KernelAttachment.prefix).compactMap { $0.backend }
    var devices = guardian.devices
    for attachment in remembered.compactMap({ $0.kernel })
    where there.contains(attachment.identifier) {
      devices[attachment.identifier] = attachment.guarded
    }
    if !devices.isEmpty { setGuarded(devices) }
  }

  private func setGuarded(_ devices: [String: GuardedDevice]) {
    let status = guardian.set(devices, options.runDirectory)
    collectGuardians()
    guard status < 0 else { return }
    log.warning(
      "no guardian: if this mpathd is killed for good, whoever waits for its kernel devices may hang",
      metadata: ["error": "\(ErrnoText.sentence(-status))"])
    guardAgainLater()
  }

  /// The guardian has ended although there is something to guard.
  func guardianEnded() {
    guardian.drop()
    log.warning("the guardian of the kernel devices has ended; starting another")
    guardAgainLater()
  }

  private func guardAgainLater() {
    timers.after(Self.guardianPause) { [self] in
      collectGuardians()
      if guardian.pipe < 0, !guardian.devices.isEmpty { setGuarded(guardian.devices) }
    }
  }

  /// The guardian of the program that ran in this process before.
  func collectGuardian(_ pid: Int32) {
    guardian.ending.append(pid)
    collectGuardians()
  }

  private func collectGuardians() {
    guardian.collect()
    guard !guardian.ending.isEmpty else { return }
    timers.after(Self.guardianPause) { [self] in collectGuardians() }
  }
}

internal import BlockIO
internal import Control
internal import Logging
internal import Multipath
internal import Reactor

/// Cutting a path off before changes go elsewhere.
extension Supervisor {
  /// A path is to be fenced: at once, if it is gone. One that is merely silent has a while to answer what it
  /// owes, since a command that cuts off a healthy server is worse than changes which wait a little.
  func fence(_ id: UInt32, _ path: UInt32, _ generation: UInt32) {
    guard let device = owners.device(id) else { return }
    let delay = device.settings.fenceDelaySeconds
    let entry = device.index(ofPath: path).map { device.paths[$0] }
    guard delay > 0, let entry, entry.isOpen, !entry.isGone else {
      return runFence(device, path, generation)
    }
    device.fencesToCome[path] = generation
    log.warning(
      "fence command will start unless the path answers",
      metadata: [
        "device": "\(device.name.text)", "path": "\(entry.path)", "delay_s": "\(delay)",
      ])
    timers.after(.seconds(delay)) { [self] in
      guard device.fencesToCome[path] == generation else { return }
      startDelayedFence(device, path)
    }
  }

  /// It need not be waited for any longer, if anybody does.
  func startDelayedFence(_ device: DeviceEntry, _ path: UInt32) {
    guard let generation = device.fencesToCome.removeValue(forKey: path),
      !device.isBeingDestroyed
    else { return }
    runFence(device, path, generation)
  }

  /// Runs the device's fence command. The reactor lets changes go on only after a success, and asks again,
  /// less and less often, after a failure.
  private func runFence(_ device: DeviceEntry, _ path: UInt32, _ generation: UInt32) {
    let id = device.id
    let finish: (Bool) -> Void = { [self] succeeded in
      if succeeded { endConnections(of: path, device) }
      post(
        .fenceFinished(device: id, path: path, generation: generation, succeeded: succeeded),
        to: device)
      if succeeded { post(.pathFenced(device: id, path: path), to: device) }
    }
    // A path that has been removed since is fenced like any other, if its name is still known.
    guard let command = device.settings.fenceCommand,
      let name = device.index(ofPath: path).map({ device.paths[$0].path })
        ?? device.leaving[path]
    else { return finish(false) }
    let limit = device.settings.fenceTimeoutSeconds
    let ticket = ticket(patience: .seconds(limit + 5)) { [self] answer in
      guard case .fenced(let outcome) = answer else { return finish(false) }
      note(outcome, name, device)
      finish(outcome.failure == nil)
    }
    let inbox = inbox
    let next = device.paths.first { $0.id != path && $0.isGood && !$0.isHeld }?.path ?? ""
    let run = FenceRun(
      command: command, device: device.name.text, oldPath: name, newPath: next,
      limitSeconds: limit)
    log.warning(
      "fence command starts",
      metadata: ["device": "\(device.name.text)", "path": "\(name)", "command": "\(command)"])
    run.start { outcome in inbox.post(.answer(ticket: ticket, .fenced(outcome))) }
  }

  /// A connection that is up may deliver what it still holds: what was cut off stays cut off.
  private func endConnections(of path: UInt32, _ device: DeviceEntry) {
    guard let index = device.index(ofPath: path), device.paths[index].network != nil,
      device.paths[index].isOpen
    else { return }
    device.paths[index].access = .absent
    post(.reopenPath(device: device.id, device.paths[index].setup()), to: device)
  }

  private func note(_ outcome: FenceRun.Outcome, _ path: String, _ device: DeviceEntry) {
    var about = metadata(device, path)
    let text = PrintableText.escaped(outcome.output.replacing("\n", with: " | "), lengthMax: 1000)
    if !text.isEmpty { about["output"] = "\(text)" }
    if let failure = outcome.failure {
      log.error("fence command failed: \(failure)", metadata: about)
    } else {
      log.info("fence command succeeded", metadata: about)
    }
  }
}

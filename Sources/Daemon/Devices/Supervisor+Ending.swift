internal import BlockIO
internal import Control
internal import Glibc
internal import Logging
internal import Multipath
internal import Reactor

/// The end of a device: asked for by an operator, or because its last path is gone.
extension Supervisor {
  /// Ends a device; the daemon knows it again when it starts anew.
  func stop(_ params: DeviceEnding, _ respond: @escaping Respond<StopMethod>) {
    if let specification = stopped.first(where: { $0.name == params.name }) {
      return respond(
        .failure(
          ControlError(
            .refused, "\(specification.name) is stopped already",
            hint: "mpctl destroy \(specification.name) also forgets it")))
    }
    change(params.name, respond) { [self] device, _, finish in
      end(device, isForced: params.force ?? false, staysKnown: true, cause: "stopped", finish)
    }
  }

  /// Ends a device and forgets it, also one that was stopped before.
  func destroy(_ params: DeviceEnding, _ respond: @escaping Respond<DestroyMethod>) {
    if let specification = stopped.first(where: { $0.name == params.name }) {
      stopped.removeAll { $0.name == params.name }
      let remark = Self.remarkOnLabel(specification)
      return save { warning in respond(.success(Change(warning: remark ?? warning))) }
    }
    change(params.name, respond) { [self] device, _, finish in
      let kept = labelSource(of: device)
      end(device, isForced: params.force ?? false, staysKnown: false, cause: nil) {
        [self] outcome in
        wipeLabel(of: device, through: kept, outcome, finish)
      }
    }
  }

  /// What clients have sent is answered, then they are disconnected and the paths are closed.
  ///
  /// - Parameter staysKnown: The state file keeps the device.
  func end(
    _ device: DeviceEntry, isForced: Bool, staysKnown: Bool, cause: String?,
    _ finish: @escaping (Result<Change, ControlError>) -> Void
  ) {
    if device.kernel != nil {
      return leaveKernel(device, isForced: isForced, finish) { [self] in
        end(device, isForced: isForced, staysKnown: staysKnown, cause: cause, finish)
      }
    }
    var isAnswered = false
    let answer: (String?) -> Void = { [self] remark in
      guard !isAnswered else { return }
      isAnswered = true
      save { warning in finish(.success(Change(warning: remark ?? warning))) }
    }
    device.isBeingDestroyed = true
    let ticket = ticket(
      patience: DaemonLimits.drainPatience,
      late: { [self] _ in forget(device, cause) },
      { [self] reply in
        switch reply {
        case .done:
          if staysKnown { stopped.append(device.specification) }
          forget(device, cause)
          answer(nil)
        case .timedOut:
          vanish(device)
          if staysKnown { stopped.append(device.specification) }
          answer(
            "\(device.name.text) is closed to clients, but a path has not answered: "
              + "it is released when it does")
        case .refused(.inUse(let sessions)):
          device.isBeingDestroyed = false
          finish(.failure(Self.inUse(device, sessions)))
        case .refused, .counted, .explained, .tracing, .snapshot, .opened, .compared, .saved,
          .fenced,
          .kernel, .labelled, .exportOpened:
          forget(device, cause)
          finish(.failure(error(reply, while: "destroying it")))
        }
      })
    post(.destroy(ticket: ticket, device: device.id, force: isForced), to: device)
  }

  private static func inUse(_ device: DeviceEntry, _ sessions: Int) -> ControlError {
    let clients = sessions == 1 ? "1 client" : "\(sessions) clients"
    return ControlError(
      .busy, "\(device.name.text) is in use by \(clients)",
      hint: "disconnect them first; --force answers what they have asked and hangs up on them")
  }

  private func vanish(_ device: DeviceEntry) {
    // Once only: the name may be another device's by now.
    if !device.hasVanished {
      unsafe unlink(device.socket)
      forgetExportSockets(of: device)
    }
    device.hasVanished = true
  }

  private func forget(_ device: DeviceEntry, _ cause: String?) {
    vanish(device)
    devices.removeAll { $0 === device }
    record(.deviceDestroyed, device) { $0.cause = cause }
    var about: Logger.Metadata = ["device": "\(device.name.text)"]
    if let cause { about["cause"] = "\(cause)" }
    log.info("device destroyed", metadata: about)
  }

  // MARK: The last path

  /// gmultipath's rule, for devices that go by it: when the last path is gone, so is the device.
  func endIfLastPathIsGone(_ device: DeviceEntry) {
    guard device.settings.onLastPath == .destroy, device.hasHadPath, !device.isBeingDestroyed,
      device.paths.allSatisfy({ $0.isGone })
    else { return }
    log.error("the last path is gone, the device ends", metadata: ["device": "\(device.name.text)"])
    // It waits for no change in progress: whatever that waits for is gone as well.
    end(device, isForced: true, staysKnown: false, cause: "its last path is gone") { _ in }
  }
}

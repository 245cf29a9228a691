internal import BlockIO
internal import Control
internal import Glibc
internal import Logging
internal import Reactor

/// A planned restart: this process goes on as another program, and the kernel's connections stay up.
///
/// Nothing of the old program is under way when the new one begins: the kernel's connections are given away
/// between two requests, and the lock of the run directory is not inherited, so that the new program waits
/// for whatever a path still owed.
extension Supervisor {
  func upgrade(_ params: NoParams, _ respond: @escaping Respond<UpgradeMethod>) {
    let program = Successor.program()
    guard !isStopping else {
      return respond(.failure(ControlError(.busy, "mpathd is ending already")))
    }
    guard unsafe access(program, X_OK) == 0 else {
      let reason = ErrnoText.sentence(errno)
      return respond(
        .failure(
          ControlError(
            .refused, "\(program) cannot be run: \(reason)", hint: "install mpathd there")))
    }
    guard options.stateFile != nil else {
      return respond(
        .failure(
          ControlError(
            .refused, "this mpathd remembers no devices (--no-state)",
            hint: "start it with a state file")))
    }
    // A process with a thread that hangs in a path cannot become another program before that ends.
    let isChanging = devices.contains { device in
      device.isChanging || device.paths.contains { $0.isOpening }
    }
    guard !isChanging else {
      return respond(
        .failure(
          ControlError(
            .busy, "a change is under way, or a path is being opened",
            hint: "try again; if it stays so, a path hangs: restart mpathd instead")))
    }
    respond(.success(UpgradeMethod.Result(program: program, pid: Int(getpid()))))
    successor.began = ReactorThread.clock()
    log.info("going on as another program", metadata: ["program": "\(program)"])
    stopServing(.handOver)
  }

  /// The kernel's connection of a device is at rest.
  func released(_ id: UInt32, _ descriptor: Int32) {
    let device = devices.first { $0.id == id }
    guard let kernel = device?.kernel, kernel.state == .up,
      kernel.ends.contains(where: { $0.server == descriptor })
    else {
      close(descriptor)
      return
    }
    successor.connections[kernel.attachment.identifier, default: []].append(descriptor)
  }

  /// Becomes the other program if that was asked for; returns if it was not, or cannot be.
  func becomeSuccessor() {
    guard !successor.isEmpty else { return }
    successor.guardian = guardian.pipe >= 0 ? guardian.pid : nil
    let program = Successor.program()
    let error = successor.become(program)
    log.critical("\(program) could not be run: \(ErrnoText.sentence(error))")
  }

  // MARK: The other side

  /// Goes on with the connections that the daemon before has left of a device, if any.
  func adopt(_ device: DeviceEntry, _ number: UInt32) {
    guard let attachment = device.kernel?.attachment,
      let descriptors = inherited.connections.removeValue(forKey: attachment.identifier)
    else { return }
    guardKernelDevice(attachment)
    let told = KernelDevice(number).sizeBytes
    for descriptor in descriptors {
      let watch = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard watch >= 0 else {
        close(descriptor)
        continue
      }
      device.kernel?.ends.append(KernelLink.End(watch: watch, server: descriptor))
      post(.adopt(device: device.id, descriptor: descriptor, exportBytes: told), to: device)
    }
    guard device.kernel?.ends.isEmpty == false else { return }
    device.kernel?.state = .up
    writeBackDuty.begin(log)
    var facts = about(device, number)
    if let began = inherited.began {
      facts["pause_ms"] = "\((ReactorThread.clock() - began).milliseconds)"
    }
    log.info("kernel device goes on", metadata: facts)
    if told != device.geometry.sizeBytes { resizeKernelDevice(device) }
  }

  /// Connections of devices that are not there any more.
  func dropUnclaimedConnections() {
    for descriptor in inherited.connections.values.joined() { close(descriptor) }
    inherited.connections = [:]
  }
}

internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Reactor

/// Devices become kernel devices and cease to be.
extension Supervisor {
  // MARK: attach

  func attach(_ params: AttachMethod.Params, _ respond: @escaping Respond<AttachMethod>) {
    let wished: UInt32?
    do throws(ControlError) {
      wished = try params.check()
    } catch {
      return respond(.failure(error))
    }
    change(params.name, respond) { [self] device, _, finish in
      if let kernel = device.kernel { return finish(.failure(alreadyAttached(device, kernel))) }
      let tag = String(UInt64.random(in: .min ... .max), radix: 16)
      device.kernel = KernelLink(
        attachment: KernelAttachment(
          identifier: KernelAttachment.prefix(of: device.name.text) + tag, number: wished,
          deadConnSeconds: params.deadConnSeconds, connections: params.connections,
          boot: Self.boot))
      // Written down before it is done: a daemon that is killed in between finds its own again.
      save { [self] warning in
        connect(device) { [self] outcome in
          switch outcome {
          case .failure(let failure):
            dropKernel(device)
            save { _ in finish(.failure(failure.error(device: device.name.text))) }
          case .success(let number):
            attached(device, number, warning, finish)
          }
        }
      }
    }
  }

  static var boot: String { SystemFile.text("/proc/sys/kernel/random/boot_id") ?? "" }

  private func alreadyAttached(_ device: DeviceEntry, _ kernel: KernelLink) -> ControlError {
    let place = kernel.attachment.number.map { KernelDeviceName(number: $0).path }
    return ControlError(
      .exists,
      "\(device.name.text) is attached already" + (place.map { ", as \($0)" } ?? ""),
      hint: "mpctl detach \(device.name.text) takes it back")
  }

  private func attached(
    _ device: DeviceEntry, _ number: UInt32, _ warning: String?,
    _ finish: @escaping Respond<AttachMethod>
  ) {
    let path = KernelDeviceName(number: number).path
    save { [self] unsaved in
      awaitReadable(path) { errno in
        let trouble = errno == 0 ? nil : Self.unreadable(path, errno)
        finish(
          .success(
            AttachMethod.Result(
              name: device.name.text, kernelDevice: path, warning: trouble ?? unsaved ?? warning)))
      }
    }
  }

  private static func unreadable(_ path: String, _ errno: Int32) -> String {
    errno == ETIMEDOUT
      ? "\(path) is attached, but does not answer reads yet"
      : "\(path) is attached, but cannot be read: \(ErrnoText.sentence(errno))"
  }

  /// Opening it has the kernel look for partitions, so that they are there too when this is over.
  private func awaitReadable(_ path: String, _ done: @escaping (Int32) -> Void) {
    let ticket = ticket(patience: DaemonLimits.pathPatience) { answer in
      if case .saved(let errno) = answer { done(errno) } else { done(ETIMEDOUT) }
    }
    let inbox = inbox
    let isStarted = Thread.start("mpath-look") {
      inbox.post(.answer(ticket: ticket, .saved(errno: Self.look(path))))
    }
    if !isStarted { inbox.post(.answer(ticket: ticket, .saved(errno: EAGAIN))) }
  }

  private static func look(_ path: String) -> Int32 {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    var block = [UInt8](repeating: 0, count: 4096)
    let got = unsafe block.withUnsafeMutableBytes {
      unsafe read(descriptor, $0.baseAddress, $0.count)
    }
    return got < 0 ? errno : got == 0 ? ENODATA : 0
  }

  // MARK: The connections

  /// Makes the connections of a device that has a `kernel` and lets the kernel have them, as a new kernel device.
  func connect(_ device: DeviceEntry, _ done: @escaping (KernelWorker.Outcome) -> Void) {
    guard let attachment = device.kernel?.attachment,
      let connections = KernelConnection.make(attachment.connections)
    else {
      return done(.failure(.system(errno: EMFILE, doing: "making a connection")))
    }
    device.kernel?.state = .connecting
    device.kernel?.dropAll()
    offer(connections, device) { client, wish throws(KernelFailure) in
      try client.connect(connections, wish)
    } _: { outcome in
      done(outcome)
    }
  }

  /// Gives the kernel device that a device has another connection in the place of one that it has lost.
  func connect(
    _ device: DeviceEntry, existing number: UInt32,
    _ done: @escaping (KernelWorker.Outcome) -> Void
  ) {
    guard let connection = KernelConnection.make() else {
      return done(.failure(.system(errno: EMFILE, doing: "making a connection")))
    }
    offer([connection], device) { client, wish throws(KernelFailure) in
      try client.reconnect(number, connection, wish)
      KernelDevice(number).tune(retryMilliseconds: wish.retryMilliseconds)
      return number
    } _: { outcome in
      done(outcome)
    }
  }

  /// Has a reactor serve fresh connections, and the worker give their other ends to the kernel.
  private func offer(
    _ connections: [KernelConnection], _ device: DeviceEntry,
    _ work:
      @escaping @Sendable (borrowing KernelClient, KernelClient.Wish) throws(KernelFailure) ->
      UInt32,
    _ done: @escaping (KernelWorker.Outcome) -> Void
  ) {
    guard let attachment = device.kernel?.attachment else { return }
    guardKernelDevice(attachment)
    for connection in connections {
      post(
        .admit(
          device: device.id, descriptor: connection.server, isReadOnly: false, isKernel: true),
        to: device)
    }
    let wish = KernelClient.Wish(
      export: device.name.text, attachment: attachment,
      retryMilliseconds: KernelLink.retryMilliseconds(attachment, device.settings))
    ask(
      { client throws(KernelFailure) in try work(client, wish) },
      refused: { for connection in connections { close(connection.client) } }
    ) { [self] outcome in
      if case .success(let number) = outcome, device.kernel != nil {
        connected(device, number, connections)
      } else {
        for connection in connections { close(connection.watch) }
      }
      done(outcome)
    }
  }

  private func connected(
    _ device: DeviceEntry, _ number: UInt32, _ connections: [KernelConnection]
  ) {
    if device.kernel?.state == .connecting { device.kernel?.state = .up }
    device.kernel?.attachment.number = number
    device.kernel?.attachment.boot = Self.boot
    device.kernel?.ends += connections.map {
      KernelLink.End(watch: $0.watch, server: $0.server)
    }
    device.kernel?.hasComplained = false
    writeBackDuty.begin(log)
    // A medium may have grown while no daemon ran.
    if KernelDevice(number).sizeBytes != device.geometry.sizeBytes { resizeKernelDevice(device) }
    log.info("kernel device connected", metadata: about(device, number))
  }

  /// Has the worker do something; `done` gets the outcome, however long it takes.
  func ask(
    _ work: @escaping @Sendable (borrowing KernelClient) throws(KernelFailure) -> UInt32,
    refused: @escaping @Sendable () -> Void = {},
    _ done: @escaping (KernelWorker.Outcome) -> Void
  ) {
    let ticket = openTicket { answer in
      if case .kernel(let outcome) = answer { done(outcome) }
    }
    let inbox = inbox
    kernelWorker.run(work, refused: refused) { outcome in
      inbox.post(.answer(ticket: ticket, .kernel(outcome)))
    }
  }

  // MARK: detach

  func detach(_ params: DetachMethod.Params, _ respond: @escaping Respond<DetachMethod>) {
    change(params.name, respond) { [self] device, _, finish in
      guard let kernel = device.kernel else {
        return finish(
          .failure(
            ControlError(.notFound, "\(device.name.text) is not attached to the kernel")))
      }
      guard let number = kernel.attachment.number else { return forget(device, nil, finish) }
      device.kernel?.state = .detaching
      var isAnswered = false
      let answer: (Result<Change, ControlError>) -> Void = { outcome in
        if !isAnswered { finish(outcome) }
        isAnswered = true
      }
      // Writing what is dirty takes as long as the paths take.
      timers.after(DaemonLimits.drainPatience) {
        answer(.failure(KernelFailure.late.error(device: params.name)))
      }
      ask { client throws(KernelFailure) in
        try client.disconnect(number, force: params.force)
        KernelClient.settle(number)
        return number
      } _: { [self] outcome in
        switch outcome {
        case .success, .failure(.gone): forget(device, number, answer)
        case .failure(let failure):
          device.kernel?.state = .up
          answer(.failure(failure.error(device: device.name.text)))
        }
      }
    }
  }

  /// The kernel has let go of a device.
  private func forget(
    _ device: DeviceEntry, _ number: UInt32?,
    _ answer: @escaping (Result<Change, ControlError>) -> Void
  ) {
    dropKernel(device)
    log.info("kernel device detached", metadata: ["device": "\(device.name.text)"])
    save { warning in answer(.success(Change(warning: warning))) }
  }

  /// A device is to end: the kernel lets go of it first, whoever uses it, or the end is refused.
  func leaveKernel(
    _ device: DeviceEntry, isForced: Bool,
    _ finish: @escaping (Result<Change, ControlError>) -> Void, then proceed: @escaping () -> Void
  ) {
    guard isForced else {
      return finish(
        .failure(
          ControlError(
            .busy, "\(device.name.text) is attached to the kernel",
            hint: "mpctl detach \(device.name.text) first")))
    }
    guard let number = device.kernel?.attachment.number else {
      dropKernel(device)
      return proceed()
    }
    device.kernel?.state = .detaching
    ask { client throws(KernelFailure) in
      try client.disconnect(number, force: true)
      return number
    } _: { [self] outcome in
      switch outcome {
      case .success, .failure(.gone):
        dropKernel(device)
        proceed()
      case .failure(let failure):
        device.kernel?.state = .up
        finish(.failure(failure.error(device: device.name.text)))
      }
    }
  }

  func dropKernel(_ device: DeviceEntry) {
    device.kernel?.dropAll()
    if let attachment = device.kernel?.attachment { unguardKernelDevice(attachment) }
    device.kernel = nil
    if !devices.contains(where: { $0.kernel != nil }) { writeBackDuty.end() }
  }
}

internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Logging
internal import Reactor

/// Connections to the kernel that end, and kernel devices of an earlier daemon.
///
/// The kernel keeps what it had sent and what is still to be sent while it waits for another connection, so a
/// mounted file system sees a pause. What a dead connection had delivered may be sent again: by the time that
/// this daemon serves anything, the attempts of the one before have answered (see `Daemon.lock`).
extension Supervisor {
  /// How often the kernel is offered another connection while it still believes in the old one.
  private static let offerAgain = Interval.milliseconds(50)

  /// What `poll` shall look at, in the order `serveKernelLinks` expects it back.
  func kernelInterests() -> [pollfd] {
    owners.attached.sorted().compactMap { owners.device($0)?.kernel }
      .filter { $0.state != .detaching }.flatMap { $0.ends }
      .map { pollfd(fd: $0.watch, events: 0, revents: 0) }
  }

  /// A connection ended: the kernel gave up on it, the reactor dropped it, or the kernel device was taken
  /// away by somebody else.
  func serveKernelLinks(_ ready: ArraySlice<pollfd>) {
    for state in ready where state.revents != 0 && !isStopping {
      for device in devices {
        guard let end = device.kernel?.ends.first(where: { $0.watch == state.fd }),
          let number = device.kernel?.attachment.number
        else { continue }
        log.warning("the kernel's connection ended", metadata: about(device, number))
        device.kernel?.drop(end)
        reconnect(device, number)
      }
    }
  }

  func about(_ device: DeviceEntry, _ number: UInt32) -> Logger.Metadata {
    ["device": "\(device.name.text)", "kernel": "\(KernelDeviceName(number: number).path)"]
  }

  /// Offers the kernel other connections, one after the other, until it has as many as it should.
  private func reconnect(_ device: DeviceEntry, _ number: UInt32) {
    guard let kernel = device.kernel, !kernel.isReconnecting, kernel.state != .detaching,
      kernel.ends.count < kernel.attachment.connections
    else { return }
    device.kernel?.isReconnecting = true
    let began = ReactorThread.clock()
    connect(device, existing: number) { [self] outcome in
      device.kernel?.isReconnecting = false
      switch outcome {
      case .success: reconnect(device, number)
      case .failure(.gone):
        log.warning("the kernel device was taken away", metadata: about(device, number))
        dropKernel(device)
        save { [self] warning in if let warning { log.warning("\(warning)") } }
      case .failure(let failure):
        complain(device, number, failure)
        let wait = max(
          Self.offerAgain, Interval(nanoseconds: (ReactorThread.clock() - began).nanoseconds))
        timers.after(min(wait, .seconds(1))) { [self] in
          if !isStopping { reconnect(device, number) }
        }
      }
    }
  }

  private func complain(_ device: DeviceEntry, _ number: UInt32, _ failure: KernelFailure) {
    guard device.kernel?.hasComplained == false else { return }
    device.kernel?.hasComplained = true
    log.warning(
      "the kernel's connection cannot be replaced yet: \(failure.error(device: device.name.text).message)",
      metadata: about(device, number))
  }

  // MARK: Start

  /// A device of the state file serves again: what the kernel still has of it gets a connection, and what a
  /// reboot has ended is attached anew.
  func restoreKernelLink(_ attachment: KernelAttachment, of device: DeviceEntry) {
    device.kernel = KernelLink(attachment: attachment)
    let existing = KernelDevice.all(backendPrefix: attachment.identifier)
      .first { $0.backend == attachment.identifier }
    if let existing {
      device.kernel?.attachment.number = existing.name.number
      adopt(device, existing.name.number)
      return reconnect(device, existing.name.number)
    }
    if attachment.number != nil, attachment.boot == Self.boot {
      log.warning(
        "the kernel device was taken away while no mpathd ran",
        metadata: ["device": "\(device.name.text)"])
      dropKernel(device)
      return save { [self] warning in if let warning { log.warning("\(warning)") } }
    }
    attachAnew(device)
  }

  private func attachAnew(_ device: DeviceEntry) {
    if let number = device.kernel?.attachment.number, !KernelDevice(number).isFree {
      // Whoever was faster keeps it; the name in /dev/mpath stays the same.
      device.kernel?.attachment.number = nil
    }
    connect(device) { [self] outcome in
      switch outcome {
      case .success:
        save { [self] warning in if let warning { log.warning("\(warning)") } }
      case .failure(let failure):
        let error = failure.error(device: device.name.text)
        log.error(
          "not attached again: \(error.message)",
          metadata: ["device": "\(device.name.text)", "fix": "\(error.hint ?? "mpctl attach")"])
        dropKernel(device)
      }
    }
  }
}

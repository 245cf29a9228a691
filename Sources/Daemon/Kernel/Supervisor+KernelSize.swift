internal import BlockIO
internal import Control
internal import Logging
internal import Reactor

/// What the kernel knows of a device that changes.
extension Supervisor {
  /// How long requests may wait has changed, and with it how long the kernel should.
  func retuneKernelDevice(_ device: DeviceEntry, _ before: DeviceSettings) {
    guard let attachment = device.kernel?.attachment, let number = attachment.number else { return }
    let patience = KernelLink.retryMilliseconds(attachment, device.settings)
    guard patience != KernelLink.retryMilliseconds(attachment, before) else { return }
    KernelDevice(number).patience(milliseconds: patience)
  }

  /// Has the kernel know the device's size, also with a mounted file system on it. The kernel announces it, so
  /// that whoever is interested can grow too.
  func resizeKernelDevice(_ device: DeviceEntry) {
    guard let kernel = device.kernel, kernel.isWhole, let number = kernel.attachment.number
    else { return }
    let size = device.geometry.sizeBytes
    let identifier = kernel.attachment.identifier
    ask { client throws(KernelFailure) in
      try client.resize(number, identifier, size)
      return number
    } _: { [self] outcome in
      switch outcome {
      case .success:
        for end in kernel.ends {
          post(.retold(device: device.id, descriptor: end.server), to: device)
        }
      case .failure(let failure):
        let error = failure.error(device: device.name.text)
        log.error(
          "the kernel still has the old size: \(error.message)", metadata: about(device, number))
      }
    }
  }
}

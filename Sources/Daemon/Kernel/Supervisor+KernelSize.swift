internal import BlockIO
internal import Control
internal import Logging
internal import Reactor

/// The size that the kernel knows.
extension Supervisor {
  /// Has the kernel know the device's size, also with a mounted file system on it. The kernel announces it, so
  /// that whoever is interested can grow too.
  func resizeKernelDevice(_ device: DeviceEntry) {
    guard let kernel = device.kernel, kernel.state == .up, let number = kernel.attachment.number
    else { return }
    let size = device.geometry.sizeBytes
    let identifier = kernel.attachment.identifier
    ask { client throws(KernelFailure) in
      try client.resize(number, identifier, size)
      return number
    } _: { [self] outcome in
      switch outcome {
      case .success:
        post(.retold(device: device.id, descriptor: kernel.server), to: device)
      case .failure(let failure):
        let error = failure.error(device: device.name.text)
        log.error(
          "the kernel still has the old size: \(error.message)", metadata: about(device, number))
      }
    }
  }
}

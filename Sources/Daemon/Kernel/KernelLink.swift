internal import Control

/// A device's place in the kernel, as the control side knows it.
struct KernelLink {
  enum State {
    /// Being attached or connected anew; `watch` is negative.
    case connecting
    case up
    case detaching
  }

  var attachment: KernelAttachment
  var state = State.connecting
  /// The daemon's end of the kernel's connection, to see it end; negative when there is none.
  var watch: Int32 = -1
  /// What the reactor knows that end by; only a name here.
  var server: Int32 = -1
  /// When the kernel still had an earlier connection, that was said.
  var hasComplained = false

  var status: KernelDeviceStatus {
    let device = attachment.number.map { KernelDevice($0) }
    let link: KernelDeviceStatus.Link =
      switch state {
      case .connecting: .connecting
      case .up: .up
      case .detaching: .detaching
      }
    return KernelDeviceStatus(
      device: device?.name.path, link: link, deadConnSeconds: attachment.deadConnSeconds,
      holders: device?.holders ?? [], mounts: device?.mounts ?? [])
  }
}

internal import Control
internal import Glibc

/// Why the kernel does not have the device, or still has it.
enum KernelFailure: Error, Sendable {
  case moduleMissing
  case notPermitted
  /// The one that was asked for belongs to somebody.
  case taken(UInt32)
  case inUse(UInt32, mounts: [String], holders: [String])
  /// The data socket did not answer as it must.
  case handshake(String)
  /// Blocks larger than a page, which the kernel cannot have.
  case blockSize(UInt32)
  /// The kernel does not consider the old connection dead yet, and took no other.
  case oldConnectionAlive(UInt32)
  /// The kernel device is not there any more.
  case gone
  case system(errno: Int32, doing: String)
  /// The answer takes too long; it may still come.
  case late

  init(errno: Int32, doing: String, number: UInt32?) {
    switch errno {
    case EPERM, EACCES: self = .notPermitted
    case EBUSY: self = number.map { .taken($0) } ?? .system(errno: errno, doing: doing)
    default: self = .system(errno: errno, doing: doing)
    }
  }

  func error(device: String) -> ControlError {
    switch self {
    case .moduleMissing:
      ControlError(
        .refused, "this kernel has no NBD client, or it is not loaded",
        hint: "load it with: modprobe nbd")
    case .notPermitted:
      ControlError(
        .notPermitted, "mpathd may not configure the kernel's NBD devices",
        hint: "run mpathd as root, or with CAP_SYS_ADMIN")
    case .taken(let number):
      ControlError(
        .busy, "\(KernelDeviceName(number: number).path) is in use",
        hint: "name another, or none and let a free one be found")
    case .inUse(let number, let mounts, let holders):
      Self.inUse(KernelDeviceName(number: number).path, mounts, holders, device)
    case .handshake(let what):
      ControlError(.internal, "the device's own export did not answer as it must: \(what)")
    case .blockSize(let bytes):
      ControlError(
        .refused, "the kernel takes no blocks of \(bytes) bytes",
        hint: "use the export through another NBD client")
    case .oldConnectionAlive(let number):
      ControlError(
        .busy,
        "\(KernelDeviceName(number: number).path) still has the connection of an earlier mpathd",
        hint: "it ends when that process is gone; a path may be hanging")
    case .gone: ControlError(.notFound, "the kernel device of \(device) has gone meanwhile")
    case .system(let errno, let doing):
      ControlError(.internal, "\(doing) failed: \(ErrnoText.sentence(errno))")
    case .late:
      ControlError(
        .timeout, "the kernel has not finished yet; it goes on",
        hint: "a path may be hanging; mpctl status \(device) shows how it stands")
    }
  }

  private static func inUse(
    _ path: String, _ mounts: [String], _ holders: [String], _ device: String
  ) -> ControlError {
    let force = "mpctl detach --force \(device) loses what is not written"
    if !mounts.isEmpty {
      let places = mounts.map { PrintableText.escaped($0) }.joined(separator: ", ")
      return ControlError(
        .busy, "\(path) is in use: \(places)", hint: "unmount it first; or \(force)")
    }
    if !holders.isEmpty {
      return ControlError(
        .busy, "\(path) is held by \(holders.joined(separator: ", "))",
        hint: "take it out of those first; or \(force)")
    }
    return ControlError(
      .busy, "\(path) is held exclusively by another program",
      hint: "fuser -v \(path) shows by whom; or \(force)")
  }
}

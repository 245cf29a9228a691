internal import CLinux
internal import Control
internal import Glibc
internal import Reactor

/// Keeps the specifications of devices in one file: read at start, replaced atomically at each change.
///
/// Writing happens on a thread of its own, since the file system may be slow or, on a bad day, live on one
/// of our own devices. Writes are in order; only the newest content matters.
struct StateStore: Sendable {
  let file: String
  private let inbox = Mailbox<Job>()

  private struct Job: Sendable {
    let devices: [DeviceSpecification]
    let deliver: @Sendable (Int32) -> Void
  }

  init(file: String) {
    self.file = file
    let inbox = inbox
    _ = Thread.start("mpath-state") {
      while true {
        var ready = pollfd(fd: inbox.eventDescriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&ready, 1, -1)
        _ = mp_event_drain(inbox.eventDescriptor)
        for job in inbox.takeAll() {
          job.deliver(Self.write(job.devices, to: file))
        }
      }
    }
  }

  /// Replaces the file; `deliver` gets 0 or an errno, on another thread.
  func write(_ devices: [DeviceSpecification], _ deliver: @escaping @Sendable (Int32) -> Void) {
    inbox.post(Job(devices: devices, deliver: deliver))
  }

  private static func write(_ devices: [DeviceSpecification], to file: String) -> Int32 {
    guard let bytes = try? StateFile.encode(devices) else { return EINVAL }
    return
      -(unsafe bytes.withUnsafeBytes { bytes in
        unsafe mp_write_file(file, bytes.baseAddress, bytes.count)
      })
  }

  /// The devices of the file; none when there is no file.
  ///
  /// - Throws: When it cannot be read or believed. Starting with fewer devices than there were, and writing
  ///   that down at the next change, would lose what the operator may want to save.
  static func read(_ file: String) throws(ControlError) -> [DeviceSpecification] {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return [] }
      throw unreadable(file, errno)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= StateFile.bytesMax {
      let got = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw unreadable(file, errno)
      }
      if got == 0 { break }
      bytes.append(contentsOf: chunk[..<got])
    }
    do throws(StateFileError) {
      return try StateFile.decode(bytes)
    } catch {
      throw ControlError(.refused, "\(file): \(error.message)", hint: error.hint)
    }
  }

  private static func unreadable(_ file: String, _ errno: Int32) -> ControlError {
    ControlError(
      .notPermitted, "the state file \(file) cannot be read: \(ErrnoText.sentence(errno))",
      hint: "give the user of mpathd access to it, or choose another with --state-file")
  }
}

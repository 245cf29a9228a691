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
    let bytes: [UInt8]
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
          let status = unsafe job.bytes.withUnsafeBytes { bytes in
            unsafe mp_write_file(file, bytes.baseAddress, bytes.count)
          }
          job.deliver(-status)
        }
      }
    }
  }

  /// Replaces the file; `deliver` gets 0 or an errno, on another thread.
  func write(_ bytes: [UInt8], _ deliver: @escaping @Sendable (Int32) -> Void) {
    inbox.post(Job(bytes: bytes, deliver: deliver))
  }

  enum ReadResult {
    case absent
    case devices([DeviceSpecification])
    case unreadable(message: String, hint: String?)
  }

  func read() -> ReadResult {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = errno
      if error == ENOENT { return .absent }
      return .unreadable(
        message: "the state file \(file) cannot be read: \(ErrnoText.sentence(error))", hint: nil)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= StateFile.bytesMax {
      let got = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      }
      if got < 0 {
        let error = errno
        if error == EINTR { continue }
        return .unreadable(
          message: "the state file \(file) cannot be read: \(ErrnoText.sentence(error))",
          hint: nil)
      }
      if got == 0 { break }
      bytes.append(contentsOf: chunk[..<got])
    }
    do throws(StateFileError) {
      return .devices(try StateFile.decode(bytes))
    } catch {
      return .unreadable(
        message: "the state file \(file): \(error.message)", hint: error.hint)
    }
  }
}

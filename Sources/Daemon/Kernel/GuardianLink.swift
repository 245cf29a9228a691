internal import CLinux
internal import Control
internal import Glibc

/// The daemon's end of its guardian: there is one while there is something to guard.
struct GuardianLink {
  /// Negative when there is none. Nobody reads from the other end once the guardian has ended.
  private(set) var pipe: Int32 = -1
  private(set) var pid: Int32 = 0
  /// What has been told last, by identifier.
  private(set) var devices: [String: GuardedDevice] = [:]
  /// Guardians that are to end, and have not been collected yet.
  var ending: [Int32] = []

  /// Has the guardian know; a negative errno when there is none that does.
  mutating func set(_ devices: [String: GuardedDevice], _ directory: RunDirectory) -> Int32 {
    self.devices = devices
    if pipe < 0 {
      if devices.isEmpty { return 0 }
      let status = start(directory)
      if status < 0 { return status }
    }
    let status = tell()
    if devices.isEmpty || status < 0 { drop() }
    return status
  }

  private mutating func start(_ directory: RunDirectory) -> Int32 {
    var strings: [UnsafePointer<CChar>?] = unsafe Guardian.arguments(directory).map {
      unsafe UnsafePointer(strdup($0))
    }
    unsafe strings.append(nil)
    defer { unsafe strings.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    let status = unsafe mp_guardian_start(ProgramArguments.all.first ?? "", &strings, &pid)
    if status >= 0 { pipe = status }
    return min(0, status)
  }

  /// A guardian that does not listen is no guardian: it is far from a pipe's room behind.
  private func tell() -> Int32 {
    let bytes = Array(
      GuardedList.text(devices.values.sorted { $0.identifier < $1.identifier }).utf8)
    let written = unsafe bytes.withUnsafeBytes { unsafe write(pipe, $0.baseAddress, $0.count) }
    return written == bytes.count ? 0 : written < 0 ? -errno : -EAGAIN
  }

  /// Lets it go: it ends when it has nothing to guard, or has ended already.
  mutating func drop() {
    guard pipe >= 0 else { return }
    close(pipe)
    pipe = -1
    ending.append(pid)
  }

  /// Collects those that have ended.
  mutating func collect() { ending.removeAll { mp_guardian_collect($0) == 1 } }
}

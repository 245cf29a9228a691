internal import CLinux
package import Control
internal import Glibc

/// A daemon for one device, in a run directory that is gone afterwards.
extension Daemon {
  package static func runSingle(
    _ single: SingleExport, options: DaemonOptions
  ) throws(ControlError) -> Int32 {
    try check(single)
    let folder = try temporaryFolder()
    defer {
      for name in ["control.sock", "mpathd.lock", SingleExport.name + ".sock"] {
        unsafe unlink(folder + "/" + name)
      }
      unsafe rmdir(folder)
    }
    var options = options
    options.runDirectory = try RunDirectory(path: folder)
    options.controlSocket = options.runDirectory.controlSocket
    options.stateFile = nil
    options.reactors = 1
    options.single = single
    return try run(options) { _ in }
  }

  /// Descriptors are looked at before anything is opened that could be mistaken for them.
  private static func check(_ single: SingleExport) throws(ControlError) {
    switch single.source {
    case .standardInput:
      guard mp_is_socket(STDIN_FILENO) else {
        throw ControlError(
          .refused, "standard input is no socket",
          hint: "an NBD client is expected there, such as: nbdinfo -- [ mpathd FILE ]")
      }
    case .sockets(let count):
      for number in 0..<Int32(count) where !mp_is_socket(SingleExport.firstSocket + number) {
        throw ControlError(
          .refused, "descriptor \(SingleExport.firstSocket + number) is no socket",
          hint: "LISTEN_FDS says how many sockets are handed over")
      }
    }
  }

  private static func temporaryFolder() throws(ControlError) -> String {
    // Short, whatever TMPDIR says, since socket names in it have at most 107 bytes.
    var name = Array("/tmp/mpathd.XXXXXX".utf8CString)
    let made = unsafe name.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return false }
      return unsafe mkdtemp(base) != nil
    }
    guard made else {
      throw ControlError(.internal, "no folder in /tmp: \(ErrnoText.sentence(errno))")
    }
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

internal import Control
internal import Glibc

/// The file that a trace goes to, made by the caller with the caller's rights when its first bytes come.
struct TraceFile: ~Copyable {
  let name: String
  private(set) var byteCount = 0
  private let mayOverwrite: Bool
  private var descriptor: Int32 = -1

  /// - Throws: When there is such a file, and it is not to be overwritten.
  init(name: String, mayOverwrite: Bool) throws(CommandFailure) {
    self.name = name
    self.mayOverwrite = mayOverwrite
    if !mayOverwrite, unsafe access(name, F_OK) == 0 { throw Self.exists(name) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  mutating func append(_ bytes: [UInt8]) throws(CommandFailure) {
    if descriptor < 0 { try create() }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        unsafe write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw failure(errno, "written")
      }
    }
    byteCount += bytes.count
  }

  /// Hears of errors that come late.
  mutating func finish() throws(CommandFailure) {
    guard descriptor >= 0 else { return }
    let status = close(descriptor)
    descriptor = -1
    if status != 0 { throw failure(errno, "written") }
  }

  private mutating func create() throws(CommandFailure) {
    let how = mayOverwrite ? O_TRUNC : O_EXCL
    descriptor = unsafe open(name, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0o600)
    guard descriptor < 0 else { return }
    if errno == EEXIST { throw Self.exists(name) }
    throw failure(errno, "created")
  }

  private func failure(_ errno: Int32, _ what: String) -> CommandFailure {
    let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "errno \(errno)"
    return .refused(
      ControlError(
        .refused, "\(PrintableText.escaped(name)) cannot be \(what): \(reason)",
        hint: "name another file with --output"))
  }

  private static func exists(_ name: String) -> CommandFailure {
    .refused(
      ControlError(
        .exists, "\(PrintableText.escaped(name)) exists already",
        hint: "name another file with --output, or overwrite it with --force"))
  }
}

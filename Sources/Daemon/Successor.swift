internal import BlockIO
internal import Control
internal import Glibc
internal import Reactor

/// What an `mpathd` leaves to the program that goes on in its process.
struct Successor {
  /// Holds words: the instant at which the daemon before began to leave, its guardian, and the kernel's connections
  /// by their devices' identifiers.
  private static let variable = "MPATHD_INHERITED"
  private static let beganKey = "began"
  private static let guardianKey = "guardian"

  var began: Instant?
  var guardian: Int32?
  /// Descriptors by identifier.
  var connections: [String: [Int32]] = [:]

  var isEmpty: Bool { began == nil }

  /// What this process has been left. To be called before any thread is started; a second time there is nothing.
  static func inherited() -> Successor {
    var found = Successor()
    guard let text = unsafe getenv(variable) else { return found }
    let words = unsafe String(cString: text).split(separator: " ")
    unsafe unsetenv(variable)
    for word in words {
      guard let sign = word.lastIndex(of: "=") else { continue }
      let (key, value) = (String(word[..<sign]), word[word.index(after: sign)...])
      switch key {
      case beganKey: found.began = UInt64(value).map { Instant(nanoseconds: $0) }
      case guardianKey: found.guardian = Int32(value)
      default:
        guard let descriptor = Int32(value), descriptor > STDERR_FILENO,
          fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { continue }
        found.connections[key, default: []].append(descriptor)
      }
    }
    return found
  }

  /// The file that is installed where this program was, which an upgrade has replaced.
  static func program() -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
    let name = String(
      decoding: bytes.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let mark = " (deleted)"
    return name.hasSuffix(mark) ? String(name.dropLast(mark.count)) : name
  }

  /// Becomes `program`, with the arguments that this program had. Returns only when that failed, with the
  /// errno.
  func become(_ program: String) -> Int32 {
    var words = [(Self.beganKey, (began ?? ReactorThread.clock()).nanoseconds.description)]
    if let guardian { words.append((Self.guardianKey, guardian.description)) }
    for (identifier, descriptors) in connections {
      for descriptor in descriptors where fcntl(descriptor, F_SETFD, 0) == 0 {
        words.append((identifier, descriptor.description))
      }
    }
    unsafe setenv(Self.variable, words.map { "\($0)=\($1)" }.joined(separator: " "), 1)
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe ProgramArguments.all.map {
      unsafe strdup($0)
    }
    unsafe arguments.append(nil)
    unsafe execv(program, &arguments)
    let error = errno
    unsafe arguments.forEach { unsafe free($0) }
    return error
  }
}

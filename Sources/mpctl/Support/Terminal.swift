internal import Control
internal import Glibc

/// Standard output and standard error.
enum Terminal {
  static func write(_ text: String) {
    write(Array(text.utf8), to: STDOUT_FILENO)
  }

  static func write(_ bytes: [UInt8]) {
    write(bytes, to: STDOUT_FILENO)
  }

  static func writeError(_ text: String) {
    write(Array(text.utf8), to: STDERR_FILENO)
  }

  /// Says on standard error what went wrong, after the name of the program, and what to do about it.
  static func complain(_ message: String, hint: String? = nil) {
    writeError(ErrorText.render(program: ProgramName.own, message: message, hint: hint))
  }

  /// Shows what a result that came about should be known with, if there is anything.
  static func warn(_ warning: String?, hint: String? = nil) {
    guard let warning else { return }
    complain("warning: " + warning, hint: hint)
  }

  /// What rendering for standard output has to know.
  static var context: RenderingContext {
    RenderingContext(
      now: HostEnvironment.now,
      colours: RenderingContext.wantsColours(
        isTerminal: isatty(STDOUT_FILENO) == 1, noColor: HostEnvironment.variable("NO_COLOR"),
        terminal: HostEnvironment.variable("TERM")))
  }

  /// Writes everything, or gives up: there is nobody left to tell that nobody listens.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR {
        return
      }
    }
  }
}

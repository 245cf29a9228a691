internal import Control
internal import Glibc

/// Standard output and standard error.
enum Terminal {
  static func write(_ text: String) {
    write(text, to: STDOUT_FILENO)
  }

  static func writeError(_ text: String) {
    write(text, to: STDERR_FILENO)
  }

  /// Shows what a result that came about should be known with, if there is anything.
  static func warn(_ warning: String?) {
    guard let warning else { return }
    writeError(ErrorText.render(message: "warning: " + warning, hint: nil))
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
  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
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

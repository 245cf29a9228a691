internal import CLinux
internal import Control
internal import Glibc
internal import Reactor

/// One run of a device's fence command, on a helper thread.
struct FenceRun: Sendable {
  let command: String
  let device: String
  /// The path that is cut off, and the one that changes go to; empty when there is none yet.
  let oldPath: String
  let newPath: String
  let limitSeconds: UInt64

  /// How a run ended.
  struct Outcome: Sendable, Equatable {
    /// Nil when the command exited with 0.
    let failure: String?
    /// What it printed, cut off where it gets long.
    let output: String
  }

  /// Most of its output that is logged.
  private static let outputBytes = 4096

  func start(_ deliver: @escaping @Sendable (Outcome) -> Void) {
    if !Thread.start("mpath-fence", { deliver(run()) }) {
      deliver(Outcome(failure: "there is no room for another thread", output: ""))
    }
  }

  /// The shell splits the command as an operator expects; what is appended to it cannot be split or
  /// expanded any more, since it arrives as parameters.
  func run() -> Outcome {
    let arguments = [
      "/bin/sh", "-c", command + " \"$@\"", "fence", device, oldPath, newPath,
    ]
    let environment = [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "MPATH_DEVICE=\(device)", "MPATH_OLD_PATH=\(oldPath)", "MPATH_NEW_PATH=\(newPath)",
    ]
    let deadline = ServerConnection.deadline(milliseconds: Int64(limitSeconds) * 1000)
    var output = [UInt8](repeating: 0, count: Self.outputBytes)
    var printed = 0
    let status = unsafe output.withUnsafeMutableBytes { buffer in
      unsafe Self.withCStrings(arguments) { argv in
        unsafe Self.withCStrings(environment) { envp in
          unsafe mp_run_command(
            argv, envp, deadline, buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
            buffer.count, &printed)
        }
      }
    }
    return Outcome(
      failure: failure(status), output: String(decoding: output.prefix(printed), as: UTF8.self))
  }

  private func failure(_ status: Int32) -> String? {
    switch status {
    case 0: nil
    case -ETIMEDOUT: "it was killed, since it had not ended within \(limitSeconds) s"
    case ..<0: "it could not be started: \(ErrnoText.sentence(-status))"
    case 256...: "it was ended by signal \(status - 256)"
    default: "it ended with status \(status)"
    }
  }

  private static func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
  ) -> Value {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    var pointers = unsafe copies.map { unsafe UnsafePointer<CChar>($0) }
    unsafe pointers.append(nil)
    return unsafe pointers.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("there is a terminating nil") }
      return unsafe body(base)
    }
  }
}

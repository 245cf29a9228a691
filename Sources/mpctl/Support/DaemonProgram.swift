internal import Control
internal import Glibc

/// The program mpathd, run for what must also work when no daemon answers.
enum DaemonProgram {
  /// Has the kernel let go of the device's /dev/nbdN.
  static func release(
    _ name: String, whyNotAsked reason: CommandFailure
  ) throws(CommandFailure) {
    _ = try CommandFailure.catching { () throws(ControlError) in try DeviceName(name) }
    Terminal.warn("\(reason.message); asking the kernel without a daemon")
    guard try run(["--release", name]) else {
      throw .refused(
        ControlError(.refused, "the kernel did not let go of \(name)", hint: nil))
    }
  }

  /// Prints what has labels, here and now; false when that failed, which the program has said.
  static func scan(_ paths: [String], json: Bool) throws(CommandFailure) -> Bool {
    try run(["--scan"] + (json ? ["--json"] : []) + ["--"] + paths)
  }

  /// Runs the program to its end; whether it succeeded.
  private static func run(_ words: [String]) throws(CommandFailure) -> Bool {
    let program = beside()
    var arguments = unsafe (["mpathd"] + words).map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child = pid_t()
    let status = unsafe posix_spawnp(&child, program, nil, nil, &arguments, environ)
    guard status == 0 else {
      throw .unreachable(
        message: "\(program) could not be run: \(unsafe String(cString: strerror(status)))",
        hint: "run it yourself: mpathd \(words.joined(separator: " "))")
    }
    var ending: Int32 = 0
    while unsafe waitpid(child, &ending, 0) < 0, errno == EINTR {}
    return ending == 0
  }

  /// mpathd in the folder of this program, where it is installed, or the one in PATH.
  private static func beside() -> String {
    guard let own = whereThisIs(), let slash = own.lastIndex(of: "/") else { return "mpathd" }
    let sibling = String(own[...slash]) + "mpathd"
    return unsafe access(sibling, X_OK) == 0 ? sibling : "mpathd"
  }

  /// Without /proc there is still the name that this program was run by.
  private static func whereThisIs() -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count - 1)
    guard count > 0 else { return ProgramArguments.all.first }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

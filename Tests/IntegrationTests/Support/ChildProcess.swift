internal import Glibc

/// A program that a test started and that is ended by its process id.
///
/// Written here because it is small: what tests need is a command's exit status and its output,
/// and daemons that outlive a function.
final class ChildProcess {
  /// How a program ended.
  enum Ending: Hashable {
    case exited(Int32)
    case signalled(Int32)
  }

  let program: String
  let pid: pid_t
  private let outputFile: String
  private let errorsFile: String
  private(set) var ending: Ending?

  /// Starts a program, found in PATH when its name has no slash.
  ///
  /// Its output goes to files in `directory`, which is also its working directory: a pipe that
  /// nobody reads would stop a daemon.
  init(
    _ program: String, _ arguments: [String], directory: String,
    environment: [String: String] = [:]
  ) throws {
    self.program = program
    let name = program.split(separator: "/").last.map(String.init) ?? program
    let stem = directory + "/" + name + "." + String(Self.nextNumber())
    outputFile = stem + ".out"
    errorsFile = stem + ".err"
    // env(1) changes the directory and becomes the program: posix_spawn's own way to do so is
    // hidden from Swift.
    pid = try Self.spawn(
      ["env", "--chdir=" + directory, program] + arguments, environment: environment,
      outputFile: outputFile, errorsFile: errorsFile)
  }

  var output: String { Files.text(outputFile) }
  var errors: String { Files.text(errorsFile) }

  /// True while the program has not ended.
  var isRunning: Bool {
    reap()
    return ending == nil
  }

  /// Sends a signal, unless the program has ended and its id may be another's.
  func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Waits for the end, which is looked for rather than waited for: a blocked thread would be one
  /// of the few on which all tests run.
  func wait(atMostSeconds seconds: Int) async throws -> Ending {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while true {
      reap()
      if let ending { return ending }
      guard clock.now < deadline, !Task.isCancelled else {
        signal(SIGKILL)
        throw LabError("\(program) did not end in \(seconds) s\n\(output)\n\(errors)")
      }
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Ends a program whatever it does, for the end of a test.
  func destroy() {
    signal(SIGKILL)
    signal(SIGCONT)
    var tries = 0
    while isRunning, tries < 500 {
      usleep(10_000)
      tries += 1
    }
  }

  private func reap() {
    guard ending == nil else { return }
    var status: Int32 = 0
    guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return }
    // WIFSIGNALED and its kin are macros, which Swift does not see.
    let signal = status & 0x7f
    ending = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
  }

  /// Numbers the output files of one test process; tests that run programs are serialized.
  private nonisolated(unsafe) static var lastNumber = 0

  private static func nextNumber() -> Int {
    unsafe lastNumber += 1
    return unsafe lastNumber
  }

  private static func spawn(
    _ words: [String], environment: [String: String], outputFile: String, errorsFile: String
  ) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, outputFile, flags, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errorsFile, flags, 0o600)

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // The test runner's blocked signals must not become the daemon's.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var pid: pid_t = 0
    let variables = HostEnvironment.all.merging(environment) { $1 }.map { "\($0)=\($1)" }
    let result = unsafe withCStrings(words) { argv in
      unsafe withCStrings(variables) { envp in
        unsafe posix_spawnp(&pid, words[0], &actions, &attributes, argv, envp)
      }
    }
    guard result == 0 else {
      throw LabError("\(words[0]) cannot be started: \(HostEnvironment.text(errno: result))")
    }
    return pid
  }

  private static func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Value
  ) -> Value {
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      // An array with an element has a base address.
      unsafe body(buffer.baseAddress.unsafelyUnwrapped)
    }
  }
}

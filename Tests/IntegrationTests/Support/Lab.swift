internal import Glibc
internal import Testing

/// One test's place: a directory, the programs it started, and what must be undone at its end.
final class Lab {
  /// Debian's interpreter, since another one in PATH does not see Debian's modules.
  static let python = "/usr/bin/python3"

  /// What a command that has ended left behind.
  struct Result {
    let ending: ChildProcess.Ending
    let output: String
    let errors: String

    var status: Int32? {
      guard case .exited(let status) = ending else { return nil }
      return status
    }
  }

  let directory: String
  private var cleanups: [() async -> Void] = []

  private init() throws {
    directory = try Files.temporaryDirectory()
  }

  /// Runs a test in a place of its own, and leaves nothing of it behind, however it ends.
  static func run(_ body: (Lab) async throws -> Void) async throws {
    let lab = try Lab()
    do {
      try await body(lab)
    } catch {
      await lab.cleanUp()
      throw error
    }
    await lab.cleanUp()
  }

  /// Has something done at the end, last in first.
  func atEnd(_ cleanup: @escaping () async -> Void) {
    cleanups.append(cleanup)
  }

  /// Where our Python scripts are.
  var scripts: String { HostEnvironment.packageDirectory + "/Tests/IntegrationTests/Scripts" }

  /// The absolute name of a file here.
  func file(_ name: String) -> String { directory + "/" + name }

  /// A file of zeroes.
  func image(_ name: String, mebibytes: Int) throws -> String {
    try Files.create(file(name), sizeBytes: mebibytes << 20)
    return file(name)
  }

  /// A file of bytes that do not repeat.
  func randomImage(_ name: String, mebibytes: Int) async throws -> String {
    try await succeed(
      "dd",
      ["if=/dev/urandom", "of=\(file(name))", "bs=1M", "count=\(mebibytes)", "status=none"])
    return file(name)
  }

  /// Starts a program that is ended with the test, if it has not been before.
  func start(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    let child = try ChildProcess(
      program, arguments, directory: directory, environment: environment)
    atEnd { child.destroy() }
    return child
  }

  /// Runs a command to its end.
  func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    atMostSeconds seconds: Int = 60
  ) async throws -> Result {
    let child = try start(program, arguments, environment: environment)
    let ending = try await child.wait(atMostSeconds: seconds)
    return Result(ending: ending, output: child.output, errors: child.errors)
  }

  /// Runs a command that must exit 0, and returns what it printed.
  @discardableResult
  func succeed(
    _ program: String, _ arguments: [String], atMostSeconds seconds: Int = 60,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let result = try await run(program, arguments, atMostSeconds: seconds)
    guard result.status == 0 else {
      let command = ([program] + arguments).joined(separator: " ")
      Issue.record(
        "\(command)\n\(result.ending)\n\(result.output)\(result.errors)",
        sourceLocation: sourceLocation)
      throw LabError("\(program) failed")
    }
    return result.output
  }

  /// Runs one of our Python scripts.
  @discardableResult
  func script(
    _ name: String, _ arguments: [String] = [], atMostSeconds seconds: Int = 60,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    try await succeed(
      // -B: no compiled copies beside the sources.
      Self.python, ["-B", scripts + "/" + name] + arguments, atMostSeconds: seconds,
      sourceLocation: sourceLocation)
  }

  private func cleanUp() async {
    while let cleanup = cleanups.popLast() {
      await cleanup()
    }
    if let remover = try? ChildProcess("rm", ["-rf", directory], directory: "/tmp") {
      _ = try? await remover.wait(atMostSeconds: 30)
    }
  }
}

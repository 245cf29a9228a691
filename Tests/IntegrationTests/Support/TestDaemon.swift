internal import Control
internal import Glibc
internal import Testing

/// A daemon of the test's own, in a run directory of its own.
final class TestDaemon {
  let lab: Lab
  let runDirectory: String
  private let command: [String]
  private let environment: [String: String]
  private(set) var process: ChildProcess

  /// Starts a daemon and returns when it says that it is ready.
  ///
  /// `launcher` is a program, with arguments, that runs the daemon, such as setpriv.
  static func start(
    in lab: Lab, runDirectory: String? = nil, launcher: [String] = [], program: String? = nil,
    environment: [String: String] = [:], options: [String] = []
  ) async throws -> TestDaemon {
    let runDirectory = runDirectory ?? lab.file("run")
    let program = program ?? HostEnvironment.programDirectory + "/mpathd"
    let daemon = try TestDaemon(
      lab: lab, runDirectory: runDirectory,
      command: launcher + [program, "--run-dir", runDirectory] + options,
      environment: environment)
    try await daemon.waitUntilReady()
    return daemon
  }

  private init(
    lab: Lab, runDirectory: String, command: [String], environment: [String: String]
  ) throws {
    self.lab = lab
    self.runDirectory = runDirectory
    self.command = command
    self.environment = environment
    process = try lab.start(command[0], Array(command.dropFirst()), environment: environment)
  }

  /// Starts the daemon anew, after it ended.
  func startAgain() async throws {
    process = try lab.start(command[0], Array(command.dropFirst()), environment: environment)
    try await waitUntilReady()
  }

  /// Ends the daemon as a service manager does, and expects it to say goodbye properly.
  func stop(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    process.signal(SIGTERM)
    let ending = try await process.wait(atMostSeconds: 30)
    #expect(ending == .exited(0), "\(process.errors)", sourceLocation: sourceLocation)
  }

  /// The URI of a device's export.
  func uri(_ device: String) -> String {
    "nbd+unix:///\(device)?socket=\(socket(device))"
  }

  func socket(_ device: String) -> String { "\(runDirectory)/\(device).sock" }

  /// Runs mpctl against this daemon.
  func mpctl(_ arguments: [String]) async throws -> Lab.Result {
    try await lab.run(
      HostEnvironment.programDirectory + "/mpctl", arguments + ["--run-dir", runDirectory])
  }

  /// Runs mpctl and expects it to do what it is told.
  @discardableResult
  func control(
    _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let result = try await mpctl(arguments)
    guard result.status == 0 else {
      Issue.record(
        "mpctl \(arguments.joined(separator: " ")): \(result.ending) \(result.errors)",
        sourceLocation: sourceLocation)
      throw LabError("mpctl failed")
    }
    return result.output
  }

  /// Runs mpctl and expects a refusal: exit status 1, and one sentence with these words.
  func refuse(
    _ arguments: [String], saying words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result = try await mpctl(arguments)
    #expect(result.status == 1, "\(result)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, "\(result)", sourceLocation: sourceLocation)
    let lines = result.errors.split(separator: "\n")
    let sentence = lines.first.map(String.init) ?? ""
    #expect(sentence.hasPrefix("mpctl: "), "\(result.errors)", sourceLocation: sourceLocation)
    #expect(
      lines.count == 1 || (lines.count == 2 && lines[1].hasPrefix("  fix: ")),
      "one sentence and at most one piece of advice: \(result.errors)",
      sourceLocation: sourceLocation)
    for word in words {
      #expect(
        sentence.contains(word), "'\(word)' is not in: \(result.errors)",
        sourceLocation: sourceLocation)
    }
  }

  /// One device's status.
  func status(_ device: String) async throws -> DeviceStatus {
    let text = try await control("status", device, "--json")
    let report = try Wire.decode(DeviceReport.self, from: Array(text.utf8), what: "status")
    return try #require(report.devices.first { $0.name == device })
  }

  /// The daemon's counters.
  func stats() async throws -> StatsMethod.Result {
    let text = try await control("stats", "--json")
    return try Wire.decode(StatsMethod.Result.self, from: Array(text.utf8), what: "stats")
  }

  /// The states of a device's paths, by short name.
  func pathStates(_ device: String) async throws -> [String: PathStatus.State] {
    let paths = try await status(device).paths
    return Dictionary(paths.map { ($0.name, $0.state) }) { first, _ in first }
  }

  /// Waits until a path is in one of these states.
  func waitForPath(
    _ path: String, of device: String, in states: Set<PathStatus.State>,
    atMostSeconds seconds: Int = 30, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    var last: PathStatus.State?
    repeat {
      last = try await pathStates(device)[path]
      if let last, states.contains(last) { return }
      try await Task.sleep(for: .milliseconds(50))
    } while clock.now < deadline
    Issue.record(
      "\(path) of \(device) is \(last.map { $0.rawValue } ?? "unknown") after \(seconds) s",
      sourceLocation: sourceLocation)
    throw LabError("a path did not get into the state awaited")
  }

  /// The first line of standard output is the daemon's word.
  private func waitUntilReady() async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while clock.now < deadline {
      if let line = process.output.split(separator: "\n").first {
        try #require(line.hasPrefix("mpathd ") && line.contains("ready"), "\(line)")
        return
      }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw LabError("mpathd did not get ready: \(process.output)\(process.errors)")
  }
}

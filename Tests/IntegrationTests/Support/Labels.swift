internal import Control
internal import Testing

/// What tests about labels share.
enum Labels {
  static let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
  static let otherUUID = "e3506f8f-0a49-11e8-aa4b-ac1f6b4563a8"

  /// Labels a file or block device with the encoder that is not ours.
  static func write(
    _ path: String, name: String = "data", uuid: String = uuid, mode: Int = 0,
    sectorBytes: Int = 512, garbage: Bool = false, in lab: Lab
  ) async throws {
    try await lab.script(
      "label.py",
      ["write", path, String(sectorBytes), name, uuid, String(mode)]
        + (garbage ? ["garbage"] : []))
  }

  /// The same with another size in the label than the medium's own.
  static func forge(
    _ path: String, name: String = "data", uuid: String = uuid, sizeBytes: Int, in lab: Lab
  ) async throws {
    try await lab.script("label.py", ["forge", path, "512", name, uuid, "0", String(sizeBytes)])
  }

  /// What that decoder reads: name, uuid, mode, sector size and size.
  static func read(
    _ path: String, sectorBytes: Int = 512, in lab: Lab
  ) async throws -> [String] {
    let text = try await lab.script("label.py", ["read", path, String(sectorBytes)])
    return text.split(whereSeparator: { $0.isWhitespace }).map(String.init)
  }

  static func sha256(_ path: String, in lab: Lab) async throws -> String {
    String(try await lab.succeed("sha256sum", [path]).prefix(64))
  }

  /// What `mpctl dump --json` says of a medium.
  static func dump(_ path: String, _ daemon: TestDaemon) async throws -> MediumFacts {
    let result = try await daemon.mpctl(["dump", "--json", path])
    let report = try Wire.decode(
      DumpMethod.Result.self, from: Array(result.output.utf8), what: "dump")
    #expect(result.status == (report.media.first?.problem == nil ? 0 : 1))
    return try #require(report.media.first)
  }

  /// A daemon that looks for labels on what matches in the lab's folder, and remembers nothing.
  static func daemon(
    in lab: Lab, taste patterns: [String], remembers: Bool = false
  ) async throws -> TestDaemon {
    try await TestDaemon.start(
      in: lab,
      options: patterns.flatMap { ["--taste", $0] } + (remembers ? [] : ["--no-state"]))
  }

  /// Waits until a device is there and has so many paths.
  static func waitForDevice(
    _ name: String, paths: Int, _ daemon: TestDaemon, atMostSeconds seconds: Int = 30,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    repeat {
      if try await daemon.mpctl(["status", name]).status == 0,
        try await daemon.status(name).paths.count == paths
      {
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    } while clock.now < deadline
    Issue.record(
      "no device \(name) with \(paths) paths after \(seconds) s: \(daemon.process.errors)",
      sourceLocation: sourceLocation)
    throw LabError("a labelled device did not come")
  }
}

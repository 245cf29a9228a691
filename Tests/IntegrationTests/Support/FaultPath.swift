internal import Testing

/// A path that can fail for real; see scripts/lib/faultpath, which does the work.
final class FaultPath {
  let lab: Lab
  let name: String
  let file: String

  /// Brings up one more way to the bytes of `backing`.
  static func up(
    _ name: String, in lab: Lab, backing: String, delayMilliseconds: Int = 0
  ) async throws -> FaultPath {
    let path = FaultPath(lab: lab, name: name)
    // Before it is up: an attempt that failed half-way must be taken down, too.
    lab.atEnd { _ = try? await path.tell("down") }
    try await path.tell("up", [backing, String(delayMilliseconds)])
    return path
  }

  /// Brings up one more way to the bytes of `backing`, whose medium cannot be read in one range.
  static func up(
    _ name: String, in lab: Lab, backing: String, badOffset: Int, badLength: Int
  ) async throws -> FaultPath {
    let path = FaultPath(lab: lab, name: name)
    lab.atEnd { _ = try? await path.tell("down") }
    try await path.tell("bad", [backing, String(badOffset), String(badLength)])
    return path
  }

  private init(lab: Lab, name: String) {
    self.lab = lab
    self.name = name
    file = lab.file(name)
  }

  /// From now on each request ends with EIO.
  func breakNow() async throws { try await tell("break") }
  /// Requests succeed again.
  func mend() async throws { try await tell("mend") }
  /// Requests hang, as the server is stopped.
  func stop() async throws { try await tell("stop") }
  /// Requests that hung are answered.
  func resume() async throws { try await tell("cont") }
  /// Requests that come now hang, and those that have begun end.
  func hold() async throws { try await tell("hold") }
  /// Those that hang are answered, and others hang no more.
  func free() async throws { try await tell("free") }
  /// The path is taken down, as if it had never been.
  func leave() async throws { try await tell("down") }
  /// The server is gone for good.
  func die() async throws { try await tell("kill") }

  private func tell(_ verb: String, _ operands: [String] = []) async throws {
    try await lab.succeed(
      HostEnvironment.packageDirectory + "/scripts/lib/faultpath",
      [verb, lab.directory, name] + operands)
  }
}

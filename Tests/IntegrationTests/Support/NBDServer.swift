internal import Glibc
internal import Testing

/// A server of somebody else's, on a socket of its own, that can be killed and started again.
final class NBDServer {
  let lab: Lab
  let name: String
  let socket: String
  private let command: [String]
  private(set) var process: ChildProcess

  var uri: String { "nbd+unix:///?socket=\(socket)" }

  /// nbdkit, with filters and their parameters behind the image.
  static func nbdkit(
    _ name: String, in lab: Lab, image: String, options: [String] = [], parameters: [String] = []
  ) async throws -> NBDServer {
    let socket = lab.file(name)
    return try await start(
      name, in: lab,
      ["nbdkit", "-f", "-U", socket] + options + ["file", "file=\(image)"] + parameters)
  }

  /// QEMU's server for one export, for as many clients as come.
  static func qemu(_ name: String, in lab: Lab, image: String) async throws -> NBDServer {
    try await start(
      name, in: lab,
      ["qemu-nbd", "-k", lab.file(name), "-f", "raw", "-t", "-e", "0", "--cache=writeback", image])
  }

  private static func start(
    _ name: String, in lab: Lab, _ command: [String]
  ) async throws -> NBDServer {
    let server = try NBDServer(lab: lab, name: name, command: command)
    try await server.waitUntilThere()
    return server
  }

  private init(lab: Lab, name: String, command: [String]) throws {
    self.lab = lab
    self.name = name
    self.command = command
    socket = lab.file(name)
    process = try lab.start(command[0], Array(command.dropFirst()))
  }

  /// As a crash does it: the socket's file stays.
  func kill() async throws {
    process.signal(SIGKILL)
    _ = try await process.wait(atMostSeconds: 10)
  }

  func startAgain() async throws {
    try await lab.succeed("rm", ["-f", socket])
    process = try lab.start(command[0], Array(command.dropFirst()))
    try await waitUntilThere()
  }

  func stop() { process.signal(SIGSTOP) }
  func resume() { process.signal(SIGCONT) }

  private func waitUntilThere() async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(20)
    while clock.now < deadline {
      if try await lab.run("nbdinfo", ["--size", uri]).status == 0 { return }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw LabError("\(command[0]) did not start: \(process.errors)")
  }
}

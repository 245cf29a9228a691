import CLinux
import Glibc
import NBD
import Reactor

/// A program of others that serves an image as an NBD export on a Unix socket, and that can be stopped, killed
/// and started again.
final class NBDServer {
  /// The socket's last component, which is also the path's short name.
  let name: String
  let socket: String
  private let exportName: String
  private(set) var process: ChildProcess
  private let lab: Lab
  private let command: [String]

  var uri: String { "nbd+unix:///\(exportName)?socket=\(socket)" }

  /// nbdkit with a plugin and its arguments, behind filters.
  static func nbdkit(
    _ name: String, in lab: Lab, _ plugin: [String], options: [String] = []
  ) async throws -> NBDServer {
    try await NBDServer(
      name, in: lab,
      ["nbdkit", "--foreground", "--exit-with-parent", "--unix", lab.file(name)] + options
        + plugin)
  }

  /// The same with a file, whose parameters come behind it.
  static func nbdkit(
    _ name: String, in lab: Lab, image: String, options: [String] = [], parameters: [String] = []
  ) async throws -> NBDServer {
    try await nbdkit(name, in: lab, ["file", "file=\(image)"] + parameters, options: options)
  }

  /// QEMU's server for one export, for as many clients as come.
  static func qemu(
    _ name: String, in lab: Lab, image: String, options: [String] = []
  ) async throws -> NBDServer {
    try await NBDServer(
      name, in: lab,
      [
        "qemu-nbd", "--persistent", "--shared=0", "--format=raw", "--cache=writeback",
        "--socket=\(lab.file(name))",
      ] + options + [image])
  }

  /// nbd-server, the protocol's first.
  static func classic(_ name: String, in lab: Lab, image: String) async throws -> NBDServer {
    let configuration = lab.file("\(name).conf")
    try Files.write(
      """
      [generic]
      unixsock = \(lab.file(name))
      [data]
      exportname = \(image)
      flush = true
      fua = true
      trim = true
      """, to: configuration)
    return try await NBDServer(
      name, in: lab, ["nbd-server", "-d", "-C", configuration], exportName: "data")
  }

  /// One of our scripts, which plays a server.
  static func script(
    _ name: String, in lab: Lab, _ script: String, _ arguments: [String]
  ) async throws -> NBDServer {
    try await NBDServer(
      name, in: lab, [Lab.python, "-B", lab.scripts + "/" + script, lab.file(name)] + arguments)
  }

  private init(
    _ name: String, in lab: Lab, _ command: [String], exportName: String = ""
  ) async throws {
    self.name = name
    self.lab = lab
    self.command = command
    self.exportName = exportName
    socket = lab.file(name)
    process = try lab.start(command[0], Array(command.dropFirst()))
    try await waitUntilListening()
  }

  /// As a crash or power does it: the socket's file stays.
  func kill() async throws {
    process.signal(SIGKILL)
    _ = try await process.wait(atMostSeconds: 20)
  }

  func stop() { process.signal(SIGSTOP) }
  func resume() { process.signal(SIGCONT) }

  /// Starts it anew, after its end.
  func startAgain() async throws {
    unsafe unlink(socket)
    process = try lab.start(command[0], Array(command.dropFirst()))
    try await waitUntilListening()
  }

  private func waitUntilListening() async throws {
    for _ in 0..<2000 {
      // Not by connecting: nbd-server -d serves one client, and ends with it.
      let sockets = Files.text("/proc/net/unix").split(separator: "\n")
      if sockets.contains(where: { $0.contains(" 00010000 ") && $0.hasSuffix(" " + socket) }) {
        return
      }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw LabError("\(command[0]) does not listen: \(process.output)\(process.errors)")
  }

  /// Connections of the test's own whose handshake is over.
  func connect(_ count: Int = 1) throws -> [NetworkConnection] {
    try (0..<count).map { _ in try connect() }
  }

  private func connect() throws -> NetworkConnection {
    let descriptor = unsafe mp_connect_unix(socket)
    guard descriptor >= 0 else { throw LabError("no connection: errno \(-descriptor)") }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    let length = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, length)
    var negotiation = ClientNegotiation(exportName: exportName, wantsStructuredReplies: true)
    while true {
      // One by one, so that nothing beyond the handshake is read.
      var byte: [UInt8] = [0]
      guard unsafe read(descriptor, &byte, 1) == 1 else {
        close(descriptor)
        throw LabError("the server hung up in the handshake")
      }
      var answer: [UInt8] = []
      let progress = unsafe negotiation.consume(byte.span.bytes, output: &answer)
      if !answer.isEmpty {
        guard unsafe write(descriptor, answer, answer.count) == answer.count else {
          close(descriptor)
          throw LabError("the server takes no answer")
        }
      }
      switch progress.state {
      case .needMore: continue
      case .transmission(let export):
        return NetworkConnection(descriptor: descriptor, export: export)
      case .failed(let failure):
        close(descriptor)
        throw LabError("handshake: \(failure.sentence)")
      }
    }
  }
}

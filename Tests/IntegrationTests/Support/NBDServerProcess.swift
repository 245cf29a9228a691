import BlockIO
import CLinux
import Glibc
import NBD
import Reactor

/// A program of others that serves an image as an NBD export on a Unix socket.
final class NBDServerProcess {
  let socket: String
  private(set) var process: ChildProcess
  private let lab: Lab
  private let command: [String]

  /// nbdkit with the file plugin, or another one with its arguments, behind filters.
  static func nbdkit(
    _ name: String, in lab: Lab, _ plugin: [String], options: [String] = []
  ) async throws -> NBDServerProcess {
    let socket = lab.file("\(name).nbd")
    return try await NBDServerProcess(
      socket, lab,
      ["nbdkit", "--foreground", "--exit-with-parent", "--unix", socket]
        + options + plugin)
  }

  /// qemu-nbd, which knows other exports' rules by heart.
  static func qemu(
    _ name: String, in lab: Lab, image: String, options: [String] = []
  ) async throws -> NBDServerProcess {
    let socket = lab.file("\(name).nbd")
    return try await NBDServerProcess(
      socket, lab,
      ["qemu-nbd", "--persistent", "--shared=16", "--format=raw", "--socket=\(socket)"] + options
        + [image])
  }

  /// nbd-server, the protocol's first.
  static func classic(
    _ name: String, in lab: Lab, image: String
  ) async throws -> NBDServerProcess {
    let socket = lab.file("\(name).nbd")
    let configuration = lab.file("\(name).conf")
    try Files.write(
      """
      [generic]
      unixsock = \(socket)
      [data]
      exportname = \(image)
      flush = true
      fua = true
      trim = true
      """, to: configuration)
    return try await NBDServerProcess(
      socket, lab, ["nbd-server", "-d", "-C", configuration], isAddressed: true)
  }

  /// One of our scripts, which plays a server.
  static func script(
    _ name: String, in lab: Lab, _ script: String, _ arguments: [String]
  ) async throws -> NBDServerProcess {
    let socket = lab.file("\(name).nbd")
    return try await NBDServerProcess(
      socket, lab, [Lab.python, "-B", lab.scripts + "/" + script, socket] + arguments)
  }

  let exportName: String

  private init(
    _ socket: String, _ lab: Lab, _ command: [String], isAddressed: Bool = false
  ) async throws {
    self.socket = socket
    self.lab = lab
    self.command = command
    exportName = isAddressed ? "data" : ""
    process = try lab.start(command[0], Array(command.dropFirst()))
    try await waitUntilListening()
  }

  /// Kills it, as power does.
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
      let descriptor = unsafe mp_connect_unix(socket)
      if descriptor >= 0 {
        close(descriptor)
        return
      }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw LabError("\(command[0]) does not listen: \(process.output)\(process.errors)")
  }

  /// Connections whose handshake is over.
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

internal import Testing

extension Integration {
  /// Clients that break the rules, byte by byte: the cases are in Scripts/hostile.py.
  @Suite struct HostileTests {
    @Test(.needs(.python), .timeLimit(.minutes(3)))
    func noClientDisturbsAnother() async throws {
      try await Lab.run { lab in
        let cases = try await lab.script("hostile.py", ["--list"]).split(separator: "\n")
        #expect(cases.count > 30)
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 64)
        try await daemon.control("create", "data", left)
        for name in cases {
          // One daemon for all of them, as it has to be: damage adds up.
          let result = try await lab.run(
            Lab.python,
            [
              "-B", lab.scripts + "/hostile.py", daemon.socket("data"),
              String(daemon.process.pid), String(name),
            ])
          #expect(result.status == 0, "\(name): \(result.errors)")
          try #require(daemon.process.isRunning, "\(name) ended the daemon")
        }
        try await daemon.stop()
      }
    }

    @Test(.needs(.python, .libnbd), .timeLimit(.minutes(2)))
    func fiveHundredSilentClientsDisturbNobody() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let source = try await lab.randomImage("source.img", mebibytes: 64)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 64))
        let crowd = try await lab.crowd("idle", count: 500, daemon.socket("data"))
        try await lab.succeed("nbdcopy", [source, daemon.uri("data")])
        try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back.img")])
        try await lab.succeed("cmp", [source, lab.file("back.img")])
        #expect(crowd.isRunning)
        // They must not keep the daemon from ending either.
        try await daemon.stop()
      }
    }

    @Test(.needs(.python, .libnbd), .timeLimit(.minutes(2)))
    func clientsThatTakeNoRepliesDisturbNobody() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let source = try await lab.randomImage("source.img", mebibytes: 64)
        try await daemon.control("create", "data", source)
        let crowd = try await lab.crowd("deaf", count: 8, daemon.socket("data"))
        for _ in 0..<3 {
          try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back.img")])
          try await lab.succeed("cmp", [source, lab.file("back.img")])
        }
        #expect(crowd.isRunning)
        try await daemon.stop()
      }
    }
  }
}

extension Lab {
  /// Starts clients that are merely there, and returns when all are.
  fileprivate func crowd(
    _ kind: String, count: Int, _ socket: String
  ) async throws -> ChildProcess {
    let crowd = try start(
      Lab.python, ["-B", scripts + "/crowd.py", kind, socket, String(count)])
    while crowd.output != "there\n" {
      try #require(crowd.isRunning, "\(crowd.errors)")
      try await Task.sleep(for: .milliseconds(20))
    }
    return crowd
  }
}

internal import Testing

extension Integration {
  /// Clients that break the rules, byte by byte: the cases are in Scripts/hostile*.py, numbered.
  @Suite struct HostileTests {
    @Test(.needs(.python, .tls), .timeLimit(.minutes(5)))
    func noClientDisturbsAnother() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 64)
        try await daemon.control("create", "data", left)
        let readOnly = lab.file("read-only.sock")
        try await daemon.control("export", "data", "--listen", "unix:" + readOnly, "--read-only")
        let secured = lab.file("tls.sock")
        try await daemon.control(
          "export", "data", "--listen", "unix:" + secured, "--tls-certificates",
          try await lab.certificates())
        // One daemon for all of them, as it has to be: damage adds up.
        let result = try await lab.run(
          Lab.python,
          [
            "-B", lab.scripts + "/hostile.py", String(daemon.process.pid), daemon.socket("data"),
            readOnly, secured,
          ], atMostSeconds: 240)
        let verdicts = result.output.split(separator: "\n")
        let passed = verdicts.count { $0.hasSuffix(": pass") }
        print("hostile clients: \(passed) of \(verdicts.count) pass")
        #expect(verdicts.count == 95, "\(result.output)\(result.errors)")
        for verdict in verdicts where !verdict.hasSuffix(": pass") {
          Issue.record("\(verdict)\n\(result.errors)")
        }
        #expect(result.status == 0)
        try #require(daemon.process.isRunning, "they ended the daemon")
        try await daemon.stop()
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(4)))
    func thereIsRoomForSoManyAndTimeForSoLong() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab, options: ["--reactors", "1"])
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        print(
          try await lab.script("limits.py", [daemon.socket("data"), "1024"], atMostSeconds: 200))
        try await daemon.stop()
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(3)))
    func aClientThatDoesNotGoOnGivesItsMemoryBack() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab, options: ["--reactors", "1"])
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 64))
        print(try await lab.script("stuck.py", [daemon.socket("data")], atMostSeconds: 150))
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

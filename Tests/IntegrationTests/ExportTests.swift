internal import Testing

/// Everything that needs real programs, one test at a time: each has the machine to itself.
@Suite(.serialized) enum Integration {}

extension Integration {
  /// What a client is told before it asks for a byte.
  @Suite struct ExportTests {
    @Test(.needs(.libnbd, .libnbdPython), .timeLimit(.minutes(1)))
    func aDeviceShowsItsSizeAndFlags() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 64)
        let uri = try await daemon.control("create", "data", left)
        #expect(uri == daemon.uri("data") + "\n")

        let info = try await lab.succeed("nbdinfo", [daemon.uri("data")])
        #expect(info.contains("protocol: newstyle-fixed without TLS"), "\(info)")
        #expect(info.contains("export-size: \(64 << 20)"), "\(info)")
        for flag in ["flush", "fua", "trim", "zero", "multi_conn"] {
          #expect(info.contains("can_\(flag): true"), "\(info)")
        }
        #expect(info.contains("is_read_only: false"), "\(info)")
      }
    }

    @Test(.needs(.libnbd), .timeLimit(.minutes(1)))
    func theDeviceNameAndTheEmptyNameOpenIt() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        try await daemon.control("create", "data", left)
        let socket = daemon.socket("data")
        for name in ["data", ""] {
          let size = try await lab.succeed(
            "nbdinfo", ["--size", "nbd+unix:///\(name)?socket=\(socket)"])
          #expect(size == "\(8 << 20)\n")
        }
        let other = try await lab.run("nbdinfo", ["nbd+unix:///other?socket=\(socket)"])
        #expect(other.status == 1)

        let list = try await lab.succeed("nbdinfo", ["--list", daemon.uri("data")])
        #expect(list.contains("export=\"data\""), "\(list)")
      }
    }

    @Test(.needs(.libnbd), .timeLimit(.minutes(1)))
    func aDestroyedDeviceServesNobody() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        try await daemon.control("create", "data", left)
        try await daemon.control("destroy", "data")
        #expect(!Files.exists(daemon.socket("data")))
        let answer = try await lab.run("nbdinfo", [daemon.uri("data")])
        #expect(answer.status == 1)
        // The name is free again, and so is the path.
        try await daemon.control("create", "data", left)
        try await daemon.stop()
      }
    }
  }
}

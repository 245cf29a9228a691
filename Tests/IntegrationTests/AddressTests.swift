internal import Control
internal import Testing

extension Integration {
  /// Devices at addresses beside their own sockets.
  @Suite struct AddressTests {
    @Test(.needs(.libnbd, .tls), .timeLimit(.minutes(2)))
    func anAddressIsServedOnItsTermsAndKnownAfterARestart() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        let plain = try await daemon.export("--listen", "127.0.0.1:0", "--insecure", "--read-only")
        let keys = try await lab.sharedKeys()
        let secured = try await daemon.export("--listen", "127.0.0.1:0", "--tls-psk", keys)
        #expect(secured.hasPrefix("nbds://127.0.0.1:"))
        let client = secured.replacing("nbds://", with: "nbds://alice@") + "?tls-psk-file=" + keys
        for _ in 0..<2 {
          let info = try await lab.succeed("nbdinfo", [plain])
          #expect(info.contains("is_read_only: true"), "\(info)")
          #expect(info.contains("without TLS"), "\(info)")
          let securedInfo = try await lab.succeed("nbdinfo", [client])
          #expect(securedInfo.contains("with TLS"), "\(securedInfo)")
          #expect(securedInfo.contains("is_read_only: false"), "\(securedInfo)")
          // Whoever does without TLS, or has another key, gets nothing.
          let bare = secured.replacing("nbds://", with: "nbd://")
          #expect(try await lab.run("nbdinfo", [bare]).status != 0)
          let stranger = client.replacing("alice", with: "mallory")
          #expect(try await lab.run("nbdinfo", [stranger]).status != 0)
          let status = try await daemon.status("data")
          #expect(status.exports?.map { $0.uri } == [plain, secured])
          try await daemon.stop()
          try await daemon.startAgain()
          try await daemon.waitForExports("data")
        }
        try await daemon.control("unexport", "data", "--listen", daemon.address(plain))
        #expect(try await lab.run("nbdinfo", [plain]).status != 0)
        try await lab.succeed("nbdinfo", [client])
        try await daemon.stop()
      }
    }

    @Test(.needs(.libnbd, .tls), .timeLimit(.minutes(2)))
    func aServerMayAskForTheClientsCertificate() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        let folder = try await lab.certificates()
        let uri = try await daemon.export(
          "--listen", "127.0.0.1:0", "--tls-certificates", folder, "--tls-verify-clients")
        try await lab.succeed("nbdinfo", [uri + "?tls-certificates=" + folder])
        // The authority alone proves nothing of who the client is.
        let poor = lab.file("poor")
        try await lab.succeed("mkdir", [poor])
        try await lab.succeed("cp", [folder + "/ca-cert.pem", poor])
        #expect(
          try await lab.run("nbdinfo", [uri + "?tls-certificates=" + poor]).status != 0)
        try await daemon.stop()
      }
    }

    @Test(.needs(.libnbd), .timeLimit(.minutes(1)))
    func whatIsUnsafeOrImpossibleIsRefused() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        let plain = try await daemon.export("--listen", "127.0.0.1:0", "--insecure")
        let address = daemon.address(plain)
        for (arguments, words) in [
          (["--listen", "127.0.0.1:0"], ["without TLS"]),
          (["--listen", "somewhere:10809", "--insecure"], ["no address"]),
          (["--listen", address, "--insecure"], ["already"]),
          (["--listen", "192.0.2.1:0", "--insecure"], ["192.0.2.1"]),
          (["--listen", "127.0.0.1:0", "--tls-psk", lab.file("none")], ["TLS cannot be had"]),
          (["--listen", "127.0.0.1:0", "--tls-certificates", lab.file("none")], ["TLS cannot"]),
          (["--listen", "unix:relative"], ["no address"]),
        ] {
          try await daemon.refuse(["export", "data"] + arguments, saying: words)
        }
        try await daemon.refuse(
          ["unexport", "data", "--listen", "127.0.0.1:1"], saying: ["not served"])
        try await daemon.stop()
      }
    }

    @Test(.needs(.libnbd, .python), .timeLimit(.minutes(1)))
    func clientsOfAnAddressThatIsTakenBackAreHungUpOn() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        let socket = lab.file("other.sock")
        _ = try await daemon.export("--listen", "unix:" + socket)
        let idle = try lab.start(Lab.python, ["-B", lab.scripts + "/idle.py", socket])
        while idle.output.isEmpty {
          try #require(idle.isRunning, "\(idle.errors)")
          try await Task.sleep(for: .milliseconds(20))
        }
        try await daemon.control("unexport", "data", "--listen", "unix:" + socket)
        // It says so itself by ending well.
        #expect(try await idle.wait(atMostSeconds: 30) == .exited(0))
        #expect(!Files.exists(socket))
        try await daemon.control("destroy", "data")
        try await daemon.stop()
      }
    }

    @Test(.needs(.libnbd, .libnbdPython), .timeLimit(.minutes(2)))
    func clientsStartAServerByThemselves() async throws {
      try await Lab.run { lab in
        let program = HostEnvironment.programDirectory + "/mpathd"
        let image = try await lab.randomImage("left.img", mebibytes: 16)
        try await lab.script("single.py", [program, image])
        let info = try await lab.succeed("nbdinfo", ["--", "[", program, image, "]"])
        #expect(info.contains("export-size: \(16 << 20)"), "\(info)")
        try await lab.succeed(
          "nbdcopy", ["--", "[", program, "--read-only", image, "]", lab.file("back.img")])
        try await lab.succeed("cmp", [image, lab.file("back.img")])
        // Nobody at the other end is an error, and so is a path that is not there.
        #expect(try await lab.run(program, ["--stdio", image]).status == 1)
        #expect(try await lab.run(program, [image]).status == 1)
        let missing = try await lab.run("nbdinfo", ["--", "[", program, lab.file("none"), "]"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("there is no"), "\(missing.errors)")
      }
    }
  }
}

extension TestDaemon {
  /// Has the device data served at another address, whose URI is returned.
  func export(_ arguments: String...) async throws -> String {
    let result = try await mpctl(["export", "data"] + arguments)
    try #require(result.status == 0, "\(result)")
    return String(result.output.dropLast())
  }

  /// What `--listen` calls the address of a URI.
  func address(_ uri: String) -> String {
    let start = uri.firstRange(of: "://")?.upperBound ?? uri.startIndex
    return String(uri[start...].prefix { $0 != "/" })
  }

  /// Until everything is served where it was before a restart.
  func waitForExports(_ device: String) async throws {
    for _ in 0..<600 {
      let exports = try await status(device).exports ?? []
      if !exports.isEmpty, exports.allSatisfy({ $0.trouble == nil }) { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw LabError("an address is not served again")
  }
}

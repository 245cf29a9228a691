internal import Control
internal import Testing

extension Integration {
  /// Paths that say nothing at all.
  @Suite struct StallTests {
    @Test(.needs(.fuse, .libnbdPython), .timeLimit(.minutes(2)))
    func aLateWriteNeverOverwritesANewerOne() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 64)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        let two = try await FaultPath.up("two", in: lab, backing: backing)
        try await daemon.control("create", "data", one.file, two.file)
        // The active path is the first one.
        let tool = HostEnvironment.packageDirectory + "/scripts/lib/faultpath"
        try await lab.script(
          "ghost.py",
          [
            daemon.uri("data"), "\(tool) stop \(lab.directory) one",
            "\(tool) cont \(lab.directory) one",
            HostEnvironment.programDirectory + "/mpctl", daemon.runDirectory,
          ])
        // Everything has been answered, so the path returns.
        try await daemon.waitForPath("one", of: "data", in: [.passive])
        try await daemon.stop()
      }
    }

    @Test(.needs(.fuse, .fio), .timeLimit(.minutes(3)), arguments: [["-A"], [], ["-R"]])
    func noByteIsLostWhilePathsHangByTurns(_ mode: [String]) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 64)
        var paths: [FaultPath] = []
        for name in ["one", "two", "three"] {
          paths.append(try await FaultPath.up(name, in: lab, backing: backing))
        }
        let words = ["create"] + mode + ["data"] + paths.map { $0.file }
        #expect(try await daemon.mpctl(words).status == 0)
        let fio = Fio(uri: daemon.uri("data"), seconds: 10, sizeMebibytes: 64)
        let process = try fio.start(in: lab)
        var turn = 0
        while process.isRunning {
          try await Task.sleep(for: .milliseconds(500))
          try await paths[turn % 3].stop()
          try await Task.sleep(for: .milliseconds(700))
          try await paths[turn % 3].resume()
          turn += 1
        }
        try await fio.finish(process)
        let device = try #require(try await daemon.stats().devices.first)
        #expect(device.errors == 0)
        #expect(device.paths.map { $0.failures }.reduce(0, +) > 0, "no path was ever given up")
        for path in paths {
          try await daemon.waitForPath(path.name, of: "data", in: [.active, .passive, .read])
        }
        try await daemon.stop()
      }
    }

    @Test(.needs(.fuse, .libnbd), .timeLimit(.minutes(1)))
    func theOnlyPathIsWaitedFor() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try await lab.randomImage("backing.img", mebibytes: 8)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        try await daemon.control("create", "data", one.file)
        try await one.stop()
        let copy = try lab.start("nbdcopy", [daemon.uri("data"), lab.file("back.img")])
        try await Task.sleep(for: .seconds(1))
        #expect(copy.isRunning)
        #expect(try await daemon.pathStates("data") == ["one": .active])
        try await one.resume()
        #expect(try await copy.wait(atMostSeconds: 30) == .exited(0))
        try await lab.succeed("cmp", [backing, lab.file("back.img")])
      }
    }
  }
}

internal import Control
internal import Glibc
internal import Testing

extension Integration {
  /// How a daemon ends, and what the next one finds.
  @Suite struct LifecycleTests {
    @Test(.needs(.fuse, .python), .timeLimit(.minutes(2)))
    func everyRequestInFlightIsAnsweredBeforeTheEnd() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        // Slow, so that much is in flight when the signal comes.
        let slow = try await FaultPath.up(
          "slow", in: lab, backing: try lab.image("backing.img", mebibytes: 8),
          delayMilliseconds: 20)
        try await daemon.control("create", "data", slow.file)
        try await lab.script(
          "drain.py", [daemon.socket("data"), String(daemon.process.pid)])
        #expect(try await daemon.process.wait(atMostSeconds: 30) == .exited(0))
        #expect(!Files.exists(daemon.socket("data")))
      }
    }

    @Test(.needs(.libnbdPython), .timeLimit(.minutes(1)))
    func requestsThatWaitForAPathDoNotHoldUpTheEnd() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        // An hour would be the wait otherwise.
        try await daemon.control("set", "data", "no-path-timeout=3600", "no-path-bytes=256K")
        try await daemon.control("fail", "data", "left.img")
        // Twice as many as may wait: the others fail at once.
        let client = try lab.start(
          Lab.python, ["-B", lab.scripts + "/queued.py", daemon.uri("data"), "128"])
        while try await daemon.status("data").queuedRequests < 64 {
          try await Task.sleep(for: .milliseconds(20))
        }
        try await daemon.stop()
        #expect(try await client.wait(atMostSeconds: 30) == .exited(0), "\(client.errors)")
      }
    }

    @Test(.needs(.fio, .libnbd), .timeLimit(.minutes(1)))
    func aKilledDaemonsDevicesComeBackWithTheNext() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try await lab.randomImage("left.img", mebibytes: 16)
        let right = lab.file("right.img")
        try await lab.succeed("ln", [left, right])
        try await daemon.control("create", "-R", "--allow-duplicate", "data", left, right)
        try await daemon.control("create", "other", try lab.image("other.img", mebibytes: 8))
        try await daemon.control("create", "gone", try lab.image("gone.img", mebibytes: 8))
        try await daemon.control("fail", "data", "right.img")
        try await daemon.control("destroy", "gone")
        let before = try await daemon.status("data")

        let load = try Fio(uri: daemon.uri("other"), seconds: 30, sizeMebibytes: 8).start(in: lab)
        try await Task.sleep(for: .milliseconds(500))
        daemon.process.signal(SIGKILL)
        #expect(try await daemon.process.wait(atMostSeconds: 30) == .signalled(SIGKILL))
        load.destroy()

        // Its sockets are still there; they are no hindrance.
        #expect(Files.exists(daemon.socket("data")))
        try await daemon.startAgain()
        let after = try await daemon.status("data")
        #expect(after.mode == .activeRead)
        #expect(after.paths.map { $0.path } == before.paths.map { $0.path })
        #expect(after.paths.map { $0.state } == [.active, .held])
        try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back.img")])
        try await lab.succeed("cmp", [left, lab.file("back.img")])
        #expect(try await daemon.status("other").state == .degraded)
        #expect(try await daemon.mpctl(["status", "gone"]).status == 1)
        try await daemon.stop()
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func aPathThatIsMissingAtTheStartDoesNotKeepItsDeviceAway() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        let right = lab.file("right.img")
        try await lab.succeed("ln", [left, right])
        try await daemon.control("create", "--allow-duplicate", "data", left, right)
        try await daemon.stop()
        try await lab.succeed("mv", [right, right + ".away"])
        try await daemon.startAgain()
        let states = try await daemon.pathStates("data")
        #expect(states["left.img"] == .active)
        #expect(states["right.img"] == .lost)
        try await lab.succeed("mv", [right + ".away", right])
        try await daemon.waitForPath("right.img", of: "data", in: [.passive])
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func withADamagedStateFileItDoesNotStart() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let state = daemon.runDirectory + "/devices.json"
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        try await daemon.stop()
        try await lab.succeed("truncate", ["--size=-20", state])
        let damaged = Files.bytes(state)
        let refused = try await lab.run(
          HostEnvironment.programDirectory + "/mpathd", ["--run-dir", daemon.runDirectory])
        #expect(refused.ending == .exited(1))
        #expect(refused.errors.contains("damaged") && refused.errors.contains("fix:"))
        #expect(Files.bytes(state) == damaged, "it is left for the operator to look at")
      }
    }
  }
}

internal import Control
internal import Testing

extension Integration {
  /// Destroy, stop and remove while clients are at work (M1's quiet part), and the end of a device whose last
  /// path is gone (M9).
  @Suite struct EndingTests {
    @Test(.needs(.fuse, .python), .timeLimit(.minutes(2)))
    func aDeviceInUseEndsOnlyByForceAndEveryRequestIsAnsweredOnce() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        for verb in ["destroy", "stop"] {
          let slow = try await FaultPath.up(
            "slow-" + verb, in: lab, backing: backing, delayMilliseconds: 100)
          try await daemon.control("create", "data", slow.file)
          // Refused while the client is there, and nothing has happened to it.
          let script = """
            "$0" \(verb) --run-dir "$1" data; test $? = 1 || exit 10
            exec "$0" \(verb) --run-dir "$1" --force data
            """
          try await lab.succeed(
            Lab.python,
            [
              lab.scripts + "/end.py", daemon.socket("data"), "256", "0", "sh", "-c", script,
              HostEnvironment.programDirectory + "/mpctl", daemon.runDirectory,
            ])
          #expect(!Files.exists(daemon.socket("data")))
          #expect(try await daemon.mpctl(["status", "data"]).status == 1)
        }
        try await daemon.stop()
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func requestsThatWaitForAPathAreAnsweredWithShutdown() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("left.img", mebibytes: 8))
        try await daemon.control("fail", "data", "left.img")
        try await lab.succeed(
          Lab.python,
          [
            lab.scripts + "/end.py", daemon.socket("data"), "64", "108",
            HostEnvironment.programDirectory + "/mpctl", "destroy", "--force", "data", "--run-dir",
            daemon.runDirectory,
          ])
        try await daemon.stop()
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func aStoppedDeviceIsBackWithTheNextDaemonAndADestroyedOneIsNot() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        try await daemon.control("create", "-R", "data", left)
        try await daemon.control("create", "other", try lab.image("other.img", mebibytes: 8))
        try await daemon.control("stop", "data")
        try await daemon.control("stop", "multipath/other")
        try await daemon.refuse(["status", "data"], saying: ["data", "stopped"])
        try await daemon.refuse(["stop", "data"], saying: ["data", "stopped already"])
        try await daemon.control("destroy", "other")
        try await daemon.refuse(["destroy", "other"], saying: ["no device other"])
        try await daemon.stop()
        try await daemon.startAgain()
        #expect(try await daemon.status("data").mode == .activeRead)
        #expect(try await daemon.mpctl(["status", "other"]).status == 1)

        // Made anew meanwhile, it is the new one that is remembered.
        try await daemon.control("stop", "data")
        try await daemon.control("create", "-A", "data", left)
        try await daemon.stop()
        try await daemon.startAgain()
        #expect(try await daemon.status("data").mode == .activeActive)
        try await daemon.stop()
      }
    }

    /// M9, gmultipath's rule.
    @Test(.needs(.loopDevices, .fuse, .qemu), .timeLimit(.minutes(2)))
    func m9WithDestroyTheDeviceEndsWithItsLastPath() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        let two = try await FaultPath.up("two", in: lab, backing: backing)
        try await daemon.control("create", "--on-last-path", "destroy", "data", one.file, two.file)
        let client = try Self.idleClient(of: daemon)
        try await Self.wait { client.output.contains("connected") }

        // A killed server takes a moment to be gone, so it is tried until the daemon has noticed.
        let write = ["-f", "raw", "-c", "write 0 4k", daemon.uri("data")]
        try await one.die()
        try await Self.wait {
          try await lab.succeed("qemu-io", write)
          return try await daemon.pathStates("data")["one"]?.isUsable == false
        }
        #expect(try await daemon.status("data").state == .degraded)
        try await two.die()
        try await Self.wait {
          _ = try await lab.run("qemu-io", write)
          return try await daemon.mpctl(["status", "data"]).status == 1
        }
        #expect(try await client.wait(atMostSeconds: 30) == .exited(0), "\(client.errors)")
        #expect(!Files.exists(daemon.socket("data")))
        let events = try await daemon.control("events", "data")
        #expect(events.contains("device-destroyed: its last path is gone"), "\(events)")
        #expect(!Files.text(daemon.runDirectory + "/devices.json").contains("\"data\""))
        try await daemon.stop()
      }
    }

    /// M9, ours: requests wait for a path inside the limit, and fail after it.
    @Test(.needs(.fuse, .qemu), .timeLimit(.minutes(2)))
    func m9WithQueueRequestsWaitForAPathAsLongAsTheLimitSays() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        try await daemon.control("create", "data", one.file)
        try await one.die()
        let write = ["-f", "raw", "-c", "write -P 7 0 4k", daemon.uri("data")]
        let waiting = try lab.start("qemu-io", write)
        try await Self.wait { try await daemon.status("data").queuedRequests > 0 }
        #expect(try await daemon.status("data").state == .failed)
        try await lab.succeed(
          HostEnvironment.packageDirectory + "/scripts/lib/faultpath",
          ["down", lab.directory, "one"])
        _ = try await FaultPath.up("one", in: lab, backing: backing)
        #expect(try await waiting.wait(atMostSeconds: 60) == .exited(0))
        #expect(!(waiting.output + waiting.errors).contains("rror"), "\(waiting.output)")
        #expect(Files.bytes(backing).prefix(4096).allSatisfy { $0 == 7 })

        // The rule 'fail' leaves no time at all, also for what waits already.
        try await daemon.waitForPath("one", of: "data", in: [.active])
        try await daemon.control("fail", "data", "one")
        let late = try lab.start("qemu-io", write)
        try await Self.wait { try await daemon.status("data").queuedRequests > 0 }
        try await daemon.control("set", "data", "on-last-path=fail")
        _ = try await late.wait(atMostSeconds: 20)
        #expect((late.output + late.errors).contains("Input/output error"), "\(late.output)")
        // The device stays, and works when the path does.
        try await daemon.control("restore", "data", "one")
        try await lab.succeed("qemu-io", write)
        try await daemon.stop()
      }
    }

    /// M5's end: removing the last path.
    @Test(.needs(.python, .qemu), .timeLimit(.minutes(1)))
    func removingTheLastPathEndsTheDeviceWhereThatIsWanted() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        try await daemon.control("create", "data", left)
        try await daemon.refuse(["remove", "data", "left.img"], saying: ["left.img", "last path"])
        try await daemon.control("remove", "--force", "data", "left.img")
        #expect(!Files.exists(daemon.socket("data")))

        try await daemon.control("create", "--on-last-path", "destroy", "data", left)
        let client = try Self.idleClient(of: daemon)
        try await Self.wait { client.output.contains("connected") }
        try await daemon.refuse(["remove", "data", "left.img"], saying: ["data", "1 client"])
        client.signal(15)
        _ = try await client.wait(atMostSeconds: 20)
        try await Self.wait { try await daemon.mpctl(["remove", "data", "left.img"]).status == 0 }
        #expect(!Files.exists(daemon.socket("data")))
        try await daemon.stop()
      }
    }

    /// A client that does nothing until the server hangs up.
    private static func idleClient(of daemon: TestDaemon) throws -> ChildProcess {
      try daemon.lab.start(
        Lab.python, [daemon.lab.scripts + "/idle.py", daemon.socket("data")])
    }

    private static func wait(
      atMostSeconds seconds: Int = 30, _ condition: () async throws -> Bool
    ) async throws {
      let clock = ContinuousClock()
      let deadline = clock.now + .seconds(seconds)
      while clock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(50))
      }
      throw LabError("what a test waited for did not happen in \(seconds) s")
    }
  }
}

internal import Control
internal import Testing

extension Integration {
  /// Paths that fail for real, under clients that check every byte.
  @Suite struct FaultTests {
    @Test(.needs(.fuse, .fio), .timeLimit(.minutes(3)))
    func noByteIsLostWhileAPathOfThreeFailsAgainAndAgain() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 128)
        var paths: [FaultPath] = []
        for name in ["one", "two", "three"] {
          paths.append(try await FaultPath.up(name, in: lab, backing: backing))
        }
        try await daemon.control(
          "create", "-A", "data", paths[0].file, paths[1].file, paths[2].file)

        let fio = Fio(uri: daemon.uri("data"))
        let process = try fio.start(in: lab)
        var breaks = 0
        while process.isRunning {
          try await Task.sleep(for: .milliseconds(700))
          try await paths[breaks % 2].breakNow()
          try await Task.sleep(for: .milliseconds(500))
          try await paths[breaks % 2].mend()
          breaks += 1
        }
        try await fio.finish(process)
        #expect(breaks > 3)
        let stats = try await daemon.stats()
        let device = try #require(stats.devices.first)
        #expect(device.errors == 0)
        #expect(device.paths.map { $0.failures }.reduce(0, +) > 0, "no path ever failed")
        // Mended paths come back alone.
        for path in paths {
          try await daemon.waitForPath(path.name, of: "data", in: [.active])
        }
        #expect(try await daemon.status("data").state == .optimal)
        try await daemon.stop()
      }
    }

    @Test(
      .needs(.fuse, .fio), .timeLimit(.minutes(2)),
      arguments: [[], ["-R"]])
    func theOtherPathTakesOver(_ mode: [String]) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 64)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        let two = try await FaultPath.up("two", in: lab, backing: backing)
        let words = ["create"] + mode + ["data", one.file, two.file]
        #expect(try await daemon.mpctl(words).status == 0)
        let idle: PathStatus.State = mode.isEmpty ? .passive : .read
        #expect(try await daemon.pathStates("data") == ["one": .active, "two": idle])

        let fio = Fio(uri: daemon.uri("data"), seconds: 8, sizeMebibytes: 64)
        let process = try fio.start(in: lab)
        try await Task.sleep(for: .seconds(2))
        try await one.breakNow()
        try await daemon.waitForPath("two", of: "data", in: [.active])
        try await daemon.waitForPath("one", of: "data", in: [.fail, .probing])
        #expect(try await daemon.mpctl(["status", "--check"]).status == 3)
        try await Task.sleep(for: .seconds(1))
        try await one.mend()
        // It returns as the one that waits: there is no need to move back.
        try await daemon.waitForPath("one", of: "data", in: [idle])
        #expect(try await daemon.mpctl(["status", "--check"]).status == 0)
        try await fio.finish(process)
        // One for the fault; a busy machine may see a stall besides.
        #expect(try #require(await daemon.stats().devices.first).failovers >= 1)
      }
    }

    @Test(.needs(.fuse, .fio, .libnbdPython), .timeLimit(.minutes(3)))
    func aBadPlaceOfTheMediumIsNoPathsFault() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 64)
        // Behind what fio writes and reads.
        let (offset, length) = (48 << 20, 64 << 10)
        var paths: [FaultPath] = []
        for name in ["one", "two", "three"] {
          paths.append(
            try await FaultPath.up(
              name, in: lab, backing: backing, badOffset: offset, badLength: length))
        }
        try await daemon.control(
          "create", "-A", "data", paths[0].file, paths[1].file, paths[2].file)
        // Each request takes a shell: what is slow here shall not be taken for a stall.
        try await daemon.control("set", "data", "stall-floor=20000")
        let fio = Fio(uri: daemon.uri("data"), seconds: 8, sizeMebibytes: 32, depth: 4)
        let process = try fio.start(in: lab)
        try await Task.sleep(for: .seconds(1))
        let place = [daemon.uri("data"), String(offset), String(length)]
        try await lab.script("medium.py", place + ["1"])
        for path in paths {
          try await daemon.waitForPath(path.name, of: "data", in: [.active])
        }
        let failures = try await daemon.failures()

        // Now that it is known, it may be read over and over.
        try await lab.script("medium.py", place + ["10"])
        try await fio.finish(process)
        #expect(try await daemon.failures() == failures, "a path was blamed again")
        let status = try await daemon.status("data")
        #expect(status.state == .optimal)
        let fault = try #require(status.mediumErrors?.first { $0.offsetBytes == UInt64(offset) })
        #expect(fault.errorName == "EIO" && !fault.isWrite && fault.requests > 10)
        let text = try await daemon.control("status")
        #expect(text.contains("the medium is bad at \(offset)"), "\(text)")
        let events = try await daemon.control("events")
        #expect(events.contains("medium-error: EIO on read at \(offset)"), "\(events)")
        try await daemon.stop()
      }
    }

    @Test(.needs(.fuse, .fio, .libnbd), .timeLimit(.minutes(2)))
    func aPathThatHangsHoldsUpNoOtherDevice() async throws {
      try await Lab.run { lab in
        // One thread, so that both devices share it.
        let daemon = try await TestDaemon.start(in: lab, options: ["--reactors", "1"])
        let one = try await FaultPath.up(
          "one", in: lab, backing: try lab.image("backing1.img", mebibytes: 64))
        let two = try await FaultPath.up(
          "two", in: lab, backing: try lab.image("backing2.img", mebibytes: 64))
        try await daemon.control("create", "hung", one.file)
        try await daemon.control("create", "well", two.file)

        try await one.stop()
        // More than the twelve requests at which FUSE begins to block who sends.
        let stuck = try lab.start(
          "fio",
          [
            "--name=stuck", "--ioengine=nbd", "--uri=\(daemon.uri("hung"))", "--rw=randread",
            "--bs=4k", "--iodepth=128", "--size=64m", "--number_ios=256",
          ])
        try await Task.sleep(for: .seconds(1))
        let fio = Fio(uri: daemon.uri("well"), seconds: 5, sizeMebibytes: 64)
        try await fio.finish(try fio.start(in: lab))
        // A new client, too, is told what it wants to know.
        try await lab.succeed("nbdinfo", ["--no-content", daemon.uri("hung")])
        #expect(stuck.isRunning, "\(stuck.output)\(stuck.errors)")

        try await one.resume()
        #expect(try await stuck.wait(atMostSeconds: 60) == .exited(0), "\(stuck.errors)")
        try await daemon.stop()
      }
    }

    @Test(.needs(.fuse, .libnbd), .timeLimit(.minutes(1)))
    func withoutAUsablePathRequestsWaitForOne() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try await lab.randomImage("backing.img", mebibytes: 8)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        try await daemon.control("create", "data", one.file)
        try await daemon.control("fail", "data", "one")
        #expect(try await daemon.mpctl(["status", "--check"]).status == 4)
        let copy = try lab.start("nbdcopy", [daemon.uri("data"), lab.file("back.img")])
        while try await daemon.status("data").queuedRequests == 0 {
          try await Task.sleep(for: .milliseconds(20))
        }
        #expect(copy.isRunning)
        try await daemon.control("restore", "data", "one")
        #expect(try await copy.wait(atMostSeconds: 30) == .exited(0))
        try await lab.succeed("cmp", [backing, lab.file("back.img")])
      }
    }

    @Test(.needs(.qemu), .timeLimit(.minutes(1)))
    func withATimeoutOfZeroTheyFailAtOnce() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        try await daemon.control("create", "--no-path-timeout", "0", "data", left)
        try await daemon.control("fail", "data", "left.img")
        let read = try await lab.run(
          "qemu-io", ["-f", "raw", "-c", "read 0 4k", daemon.uri("data")])
        #expect((read.output + read.errors).contains("Input/output error"), "\(read)")
        try await daemon.control("restore", "data", "left.img")
        try await lab.succeed("qemu-io", ["-f", "raw", "-c", "read 0 4k", daemon.uri("data")])
      }
    }

    @Test(.needs(.fuse, .qemu), .timeLimit(.minutes(2)))
    func anOperatorsHoldOutlastsEverything() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        let two = try await FaultPath.up("two", in: lab, backing: backing)
        try await daemon.control("create", "-A", "data", one.file, two.file)
        try await daemon.control("fail", "data", "one")
        #expect(try await daemon.pathStates("data")["one"] == .held)

        // Also when it would be the last resort: auto-restore is for errors, not for operators.
        // The other path has nobody to hand over to, so its error reaches the client.
        let before = try await daemon.stats().devices.first?.paths.first?.attempts
        try await two.breakNow()
        let write = try await lab.run(
          "qemu-io", ["-f", "raw", "-c", "write -P 1 0 4k", daemon.uri("data")])
        #expect((write.output + write.errors).contains("Input/output error"), "\(write)")
        try await Task.sleep(for: .seconds(1))
        #expect(try await daemon.pathStates("data")["one"] == .held)
        #expect(try await daemon.stats().devices.first?.paths.first?.attempts == before)
        try await two.mend()
        try await lab.succeed(
          "qemu-io", ["-f", "raw", "-c", "write -P 1 0 4k", daemon.uri("data")])

        // And over a restart.
        try await daemon.stop()
        try await daemon.startAgain()
        #expect(try await daemon.pathStates("data")["one"] == .held)
        try await daemon.control("restore", "data", "one")
        try await daemon.waitForPath("one", of: "data", in: [.active])
        let attempts = try await daemon.stats().devices.first?.paths.map { $0.name }
        #expect(attempts == ["one", "two"])
      }
    }

    @Test(.needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func aPathWhoseServerIsKilledIsReplacedByAnother() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        let two = try await FaultPath.up("two", in: lab, backing: backing)
        try await daemon.control("create", "data", one.file, two.file)
        try await one.die()
        let commands = ["write -P 7 0 1M", "flush", "read -P 7 0 1M"]
        try await lab.succeed(
          "qemu-io", ["-f", "raw", daemon.uri("data")] + commands.flatMap { ["-c", $0] })
        let states = try await daemon.pathStates("data")
        #expect(states["two"] == .active)
        #expect(states["one"]?.isUsable == false)
        // Its file cannot even be looked at, and still it can be taken out.
        try await daemon.control("remove", "data", "one")
        #expect(try await daemon.pathStates("data") == ["two": .active])
      }
    }
  }
}

extension TestDaemon {
  /// How often any path has gone out of service by itself.
  fileprivate func failures() async throws -> UInt64 {
    try await stats().devices.flatMap { $0.paths }.map { $0.failures }.reduce(0, +)
  }
}

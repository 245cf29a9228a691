internal import Control
internal import Testing

extension Integration {
  /// A medium that grows and shrinks under a device in use.
  @Suite struct ResizeTests {
    @Test(.needs(.loopDevices, .qemu, .libnbd, .python), .timeLimit(.minutes(2)))
    func aDeviceGrowsWhenTheLastOfItsPathsHasGrown() async throws {
      try await Self.run { bed in
        let client = try bed.lab.start(
          Lab.python, [bed.lab.scripts + "/idle.py", bed.daemon.socket("data")])
        while !client.output.contains("connected") { try await Task.sleep(for: .milliseconds(20)) }
        try await bed.setSize(mebibytes: 16, seenBy: [0])
        #expect(try await bed.daemon.control("resize", "data") == "\(8 << 20)\n")
        #expect(try await bed.daemon.status("data").sizeBytes == 8 << 20)
        #expect(
          try await bed.daemon.status("data").paths.map { $0.sizeBytes } == [16 << 20, 8 << 20])

        try await bed.setSize(mebibytes: 16, seenBy: [1])
        // By itself, without a command.
        try await bed.wait { $0.sizeBytes == 16 << 20 }
        let size = try await bed.lab.succeed("nbdinfo", ["--size", bed.daemon.uri("data")])
        #expect(size == "\(16 << 20)\n")
        let status = try await bed.daemon.control("status", "data")
        #expect(status.contains("1 client sees another size"), "\(status)")
        #expect(try await bed.qemuIO("write -P 3 12M 64k").contains("64 KiB"))
        client.signal(15)
        try await bed.wait { $0.state == .optimal }

        // It is remembered, and what grows while no daemon runs is taken as it is.
        try await bed.daemon.stop()
        try await bed.setSize(mebibytes: 24, seenBy: [0, 1])
        try await bed.daemon.startAgain()
        let after = try await bed.daemon.status("data")
        #expect(after.sizeBytes == 24 << 20)
        try await bed.wait { $0.state == .optimal }
        #expect(try await bed.qemuIO("read -P 3 12M 64k").contains("64 KiB"))
        try await bed.daemon.stop()
      }
    }

    @Test(.needs(.loopDevices, .qemu), .timeLimit(.minutes(2)))
    func aShrunkDeviceRefusesWhatIsBeyondItsEndAndWaitsForAnOperator() async throws {
      try await Self.run { bed in
        try await bed.setSize(mebibytes: 4, seenBy: [0, 1])
        try await bed.wait { $0.usableBytes == 4 << 20 }
        let status = try await bed.daemon.control("status", "data")
        #expect(status.contains("the medium has shrunk to \(4 << 20) bytes"), "\(status)")
        #expect(status.contains("mpctl resize --shrink data"), "\(status)")
        #expect(try await bed.daemon.mpctl(["status", "--check"]).status == 3)

        #expect(try await bed.qemuIO("write 6M 4k").contains("No space left on device"))
        #expect(try await bed.qemuIO("read 6M 4k").contains("Input/output error"))
        #expect(try await bed.qemuIO("write 4092k 8k").contains("No space left on device"))
        #expect(try await bed.qemuIO("write -P 9 1M 4k").contains("4 KiB"))
        #expect(try await bed.qemuIO("read -P 9 1M 4k").contains("4 KiB"))
        // No path stays blamed, also if it was probed beyond the end before anybody knew; and no request has
        // been there.
        try await bed.wait { $0.paths.allSatisfy { $0.state == .active || $0.state == .passive } }
        #expect(try await bed.daemon.stats().devices.first?.paths.map { $0.errors } == [0, 0])
        try await bed.daemon.refuse(["resize", "data"], saying: ["shrunk to \(4 << 20) bytes"])

        // Grown back, all of it can be used again.
        try await bed.setSize(mebibytes: 8, seenBy: [0, 1])
        #expect(try await bed.daemon.control("resize", "data") == "\(8 << 20)\n")
        try await bed.wait { $0.state == .optimal }
        #expect(try await bed.qemuIO("write 6M 4k").contains("4 KiB"))

        // Given up by an operator, it is the smaller device.
        try await bed.setSize(mebibytes: 4, seenBy: [0, 1])
        #expect(
          try await bed.daemon.control("resize", "--shrink", "data") == "\(4 << 20)\n")
        try await bed.wait { $0.state == .optimal }
        #expect(try await bed.daemon.status("data").sizeBytes == 4 << 20)
        let events = try await bed.daemon.control("events", "data")
        for word in ["medium-shrunk", "medium-regrown", "device-resized"] {
          #expect(events.contains(word), "\(events)")
        }
        try await bed.daemon.stop()
      }
    }

    /// A labelled device refused to grow for ever.
    @Test(.needs(.loopDevices, .qemu, .python), .timeLimit(.minutes(2)))
    func aLabelledDeviceGrowsAndItsLabelMovesAlong() async throws {
      try await Self.run(labelled: true) { bed in
        let uuid = try #require(try await bed.daemon.status("data").uuid)
        #expect(try await bed.qemuIO("write -P 7 4M 64k").contains("64 KiB"))
        try await bed.setSize(mebibytes: 16, seenBy: [0])
        // One path has grown, and may come and go as it is.
        #expect(try await bed.daemon.control("resize", "data") == "\((8 << 20) - 512)\n")
        try await bed.daemon.control("fail", "data", bed.loops[0].name)
        try await bed.daemon.control("restore", "data", bed.loops[0].name)
        try await bed.wait { $0.state == .optimal }
        #expect(try await bed.label(mebibytes: 8) == ["data", uuid, "0", "512", "\(8 << 20)"])

        try await bed.setSize(mebibytes: 16, seenBy: [1])
        try await bed.wait { $0.sizeBytes == (16 << 20) - 512 }
        #expect(try await bed.label(mebibytes: 16) == ["data", uuid, "0", "512", "\(16 << 20)"])
        // Users can reach where it was, and it is no label any more.
        #expect(try await bed.label(mebibytes: 8) == [])
        #expect(try await bed.qemuIO("read -P 0 8388096 512").contains("512 bytes"))
        #expect(try await bed.qemuIO("read -P 7 4M 64k").contains("64 KiB"))
        #expect(try await bed.qemuIO("write -P 3 12M 64k").contains("64 KiB"))
        try await bed.wait { $0.state == .optimal }

        // What grows while no daemon runs.
        try await bed.daemon.stop()
        try await bed.setSize(mebibytes: 24, seenBy: [0, 1])
        try await bed.daemon.startAgain()
        try await bed.wait { $0.sizeBytes == (24 << 20) - 512 }
        #expect(try await bed.daemon.status("data").uuid == uuid)
        try await bed.wait { $0.state == .optimal }
        #expect(try await bed.label(mebibytes: 24) == ["data", uuid, "0", "512", "\(24 << 20)"])
        #expect(try await bed.qemuIO("read -P 3 12M 64k").contains("64 KiB"))
        try await bed.daemon.stop()
      }
    }

    @Test(.needs(.loopDevices, .qemu, .python), .timeLimit(.minutes(2)))
    func aLabelledDeviceThatShrankHasItsLabelAtTheNewEndIfAnOperatorSaysSo() async throws {
      try await Self.run(labelled: true) { bed in
        let uuid = try #require(try await bed.daemon.status("data").uuid)
        #expect(try await bed.qemuIO("write -P 7 1M 64k").contains("64 KiB"))
        try await bed.setSize(mebibytes: 4, seenBy: [0, 1])
        try await bed.daemon.refuse(
          ["resize", "data"], saying: ["shrunk to \(4 << 20) bytes"])
        // Nothing is given up by itself.
        #expect(try await bed.label(mebibytes: 4) == [])
        #expect(
          try await bed.daemon.control("resize", "--shrink", "data") == "\((4 << 20) - 512)\n")
        #expect(try await bed.label(mebibytes: 4) == ["data", uuid, "0", "512", "\(4 << 20)"])
        try await bed.wait { $0.state == .optimal }
        #expect(try await bed.qemuIO("read -P 7 1M 64k").contains("64 KiB"))
        try await bed.daemon.stop()
        try await bed.daemon.startAgain()
        try await bed.wait { $0.state == .optimal }
        #expect(try await bed.daemon.status("data").sizeBytes == (4 << 20) - 512)
        try await bed.daemon.stop()
      }
    }

    /// A client's write that was under way to what became the label's sector landed after the label.
    @Test(.needs(.loopDevices, .fuse, .qemu, .python), .timeLimit(.minutes(2)))
    func theLabelOfAShrunkDeviceWaitsForWhatIsUnderWayToItsSector() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        var faults: [FaultPath] = []
        var loops: [LoopDevice] = []
        for name in ["p0", "p1"] {
          let fault = try await FaultPath.up(name, in: lab, backing: backing)
          faults.append(fault)
          loops.append(try await LoopDevice.attach(fault.file, in: lab))
        }
        try await daemon.control("label", "data", loops[0].node, loops[1].node)
        // The one that hangs is to keep what it has.
        try await daemon.control("set", "data", "stall-floor=60000", "stall-ceiling=60000")
        let bed = Bed(lab: lab, daemon: daemon, backing: backing, loops: loops)
        for loop in loops {
          try await lab.script("loop_limit.py", [loop.node, "\(4 << 20)"])
        }
        try await bed.wait { $0.usableBytes == 4 << 20 }
        // The label goes through the other path, which answers.
        try await daemon.control("prefer", "data", loops[1].name)
        try await faults[1].hold()
        let write = try lab.start(
          "qemu-io", ["-f", "raw", "-c", "write -P 5 4092k 4k", daemon.uri("data")])
        try await bed.wait { $0.paths.last?.outstanding == 1 }

        // It waits, then gives up, and the users have the sector back.
        try await daemon.refuse(
          ["resize", "--shrink", "data"], saying: ["label's sector of data", "not been answered"])
        #expect(try await bed.label(mebibytes: 4) == [])
        #expect(try await daemon.status("data").usableBytes == 4 << 20)
        let shrink = try lab.start(
          HostEnvironment.programDirectory + "/mpctl",
          ["resize", "--shrink", "data", "--run-dir", daemon.runDirectory])
        try await bed.wait { $0.usableBytes == (4 << 20) - 512 }
        #expect(shrink.isRunning && write.isRunning)
        #expect(try await bed.label(mebibytes: 4) == [])
        try await faults[1].free()
        _ = try await shrink.wait(atMostSeconds: 60)
        #expect(shrink.output == "\((4 << 20) - 512)\n", "\(shrink.errors)")
        _ = try await write.wait(atMostSeconds: 60)
        #expect(write.output.contains("4 KiB"), "\(write.output)\(write.errors)")
        let uuid = try #require(try await daemon.status("data").uuid)
        #expect(try await bed.label(mebibytes: 4) == ["data", uuid, "0", "512", "\(4 << 20)"])
        #expect(try await bed.qemuIO("read -P 5 4092k 3584").contains("3.500 KiB"))
        try await daemon.stop()
      }
    }

    /// What stands at the new end is somebody's; and a path that shows another medium there is not this one's.
    @Test(.needs(.loopDevices, .python), .timeLimit(.minutes(2)))
    func aLabelMovesOnlyWhereNothingIsAndWhereEveryPathShowsIt() async throws {
      try await Self.run(labelled: true) { bed in
        let uuid = try #require(try await bed.daemon.status("data").uuid)
        // Before a path shows the new end, so that the daemon cannot be faster.
        try await bed.lab.succeed("truncate", ["-s", "16M", bed.backing])
        try await Labels.write(
          bed.backing, name: "other", uuid: Labels.otherUUID, in: bed.lab)
        try await bed.setSize(mebibytes: 16, seenBy: [0, 1])
        try await bed.daemon.refuse(["resize", "data"], saying: ["other"])
        // It was in the log and nowhere else.
        let growth = try #require(try await bed.daemon.status("data").refusedGrowth)
        #expect(growth.mediumBytes == 16 << 20 && growth.reason.contains("other"), "\(growth)")
        let status = try await bed.daemon.control("status", "data")
        #expect(status.contains("data: the medium has grown to \(16 << 20) bytes"), "\(status)")
        #expect(status.contains("  fix: if nobody needs that, wipe it there"), "\(status)")
        #expect(try await bed.daemon.status("data").sizeBytes == (8 << 20) - 512)
        #expect(try await bed.label(mebibytes: 16).first == "other")
        #expect(try await bed.label(mebibytes: 8) == ["data", uuid, "0", "512", "\(8 << 20)"])
        try await bed.lab.succeed("truncate", ["-s", "8M", bed.backing])
        try await bed.setSize(mebibytes: 16, seenBy: [0, 1])
        #expect(try await bed.daemon.control("resize", "data") == "\((16 << 20) - 512)\n")
        #expect(try await bed.daemon.status("data").refusedGrowth == nil)
        try await bed.daemon.stop()
      }
    }

    private struct Bed {
      let lab: Lab
      let daemon: TestDaemon
      let backing: String
      let loops: [LoopDevice]

      /// Gives the medium another size and has some of the paths notice.
      func setSize(mebibytes: Int, seenBy paths: [Int]) async throws {
        try await lab.succeed("truncate", ["-s", "\(mebibytes)M", backing])
        for path in paths { try await lab.succeed("losetup", ["-c", loops[path].node]) }
      }

      /// What another decoder reads in the last sector of the first so many bytes; nothing where there is no
      /// label. Past every cache, and without touching the paths.
      func label(mebibytes: Int) async throws -> [String] {
        let copy = lab.file("copy.img")
        try await lab.succeed("cp", ["--sparse=always", backing, copy])
        try await lab.succeed("truncate", ["-s", "\(mebibytes)M", copy])
        let result = try await lab.run(
          Lab.python, [lab.scripts + "/label.py", "read", copy, "512"])
        guard result.status == 0 else { return [] }
        return result.output.split(whereSeparator: { $0.isWhitespace }).map(String.init)
      }

      /// All that qemu-io says.
      func qemuIO(_ command: String) async throws -> String {
        let result = try await lab.run("qemu-io", ["-f", "raw", "-c", command, daemon.uri("data")])
        return result.output + result.errors
      }

      func wait(
        sourceLocation: SourceLocation = #_sourceLocation, _ isSo: (DeviceStatus) -> Bool
      ) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while clock.now < deadline {
          if isSo(try await daemon.status("data")) { return }
          try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(try await daemon.status("data"))", sourceLocation: sourceLocation)
      }
    }

    private static func run(
      labelled: Bool = false, _ body: (Bed) async throws -> Void
    ) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        let loops = [
          try await LoopDevice.attach(backing, in: lab),
          try await LoopDevice.attach(backing, in: lab),
        ]
        try await daemon.control(
          labelled ? "label" : "create", "data", loops[0].node, loops[1].node)
        try await body(Bed(lab: lab, daemon: daemon, backing: backing, loops: loops))
      }
    }
  }
}

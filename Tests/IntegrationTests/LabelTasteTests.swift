internal import Control
internal import Glibc
internal import Testing

extension Integration {
  /// Devices that assemble themselves.
  @Suite struct LabelTasteTests {
    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func aDiskLabelledByFreeBSDAssemblesAndCollisionsRenameNothing() async throws {
      try await Lab.run { lab in
        let first = try lab.image("a.img", mebibytes: 4)
        let second = try lab.image("b.img", mebibytes: 4)
        try await Labels.write(
          first, name: "FRED", uuid: Labels.otherUUID, mode: 1, garbage: true, in: lab)
        try await Labels.write(second, name: "FRED", uuid: Labels.uuid, mode: 2, in: lab)
        let before = [
          try await Labels.sha256(first, in: lab), try await Labels.sha256(second, in: lab),
        ]
        let daemon = try await Labels.daemon(in: lab, taste: [lab.file("*.img")])
        // The lower uuid has the name, whatever was found first.
        let fred = try await daemon.status("FRED")
        #expect(fred.uuid == Labels.uuid && fred.mode == .activeRead && fred.type == .automatic)
        #expect(fred.paths.map { $0.path } == [second])
        let other = try await daemon.status("FRED-1")
        #expect(other.uuid == Labels.otherUUID && other.mode == .activeActive)
        #expect(other.sizeBytes == (4 << 20) - 512)
        // A third, while both run.
        let third = try lab.image("c.img", mebibytes: 4)
        let uuid = "00000000-0000-4000-8000-000000000001"
        try await Labels.write(third, name: "FRED", uuid: uuid, in: lab)
        // The folder's events may have told of it already.
        try await daemon.control("rescan")
        try await Labels.waitForDevice("FRED-2", paths: 1, daemon)
        #expect(try await daemon.status("FRED-2").uuid == uuid)
        #expect(
          [try await Labels.sha256(first, in: lab), try await Labels.sha256(second, in: lab)]
            == before)
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func M3_aLabelOnAMediumOfAnotherSizeIsNotUsed() async throws {
      try await Lab.run { lab in
        let size = 64 << 20
        let disk = try lab.image("disk.img", mebibytes: 64)
        try await Labels.write(disk, in: lab)
        // The same bytes with the label moved to the end of a larger and a smaller medium, and an exact copy.
        for (name, length) in [("larger", size + 4096), ("smaller", size - 4096), ("exact", size)] {
          let copy = lab.file(name + ".copy")
          try Files.create(copy, sizeBytes: length)
          try await Labels.forge(copy, sizeBytes: size, in: lab)
        }
        let daemon = try await Labels.daemon(
          in: lab, taste: [lab.file("disk.img"), lab.file("*.copy")])
        let paths = try await daemon.status("data").paths.map { $0.name }.sorted()
        #expect(paths == ["disk.img", "exact.copy"])
        let refused = try await daemon.mpctl(["rescan"])
        #expect(refused.status == 0 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errors.contains("larger.copy") && refused.errors.contains("\(size)"))
        #expect(try await Labels.dump(lab.file("smaller.copy"), daemon).problem != nil)
        try await daemon.refuse(
          ["add", "data", lab.file("larger.copy")], saying: ["\(size)", "\(size + 4096)"])
      }
    }

    @Test(.needs(.loopDevices, .python), .timeLimit(.minutes(1)))
    func aPartitionThatEndsWhereItsDiskEndsIsNeitherTakenForTheOther() async throws {
      try await Lab.run { lab in
        let ofDisk = try lab.image("disk.img", mebibytes: 16)
        let ofPartition = try lab.image("partition.img", mebibytes: 16)
        try await Labels.write(ofDisk, name: "disk", uuid: Labels.uuid, in: lab)
        try await Labels.forge(
          ofPartition, name: "part", uuid: Labels.otherUUID, sizeBytes: 15 << 20, in: lab)
        var patterns: [String] = []
        var loops: [LoopDevice] = []
        for file in [ofDisk, ofPartition] {
          let loop = try await LoopDevice.attach(file, in: lab, options: ["--partscan"])
          // Not every kernel reads partition tables; each can be told of a partition.
          try await lab.succeed("addpart", [loop.node, "1", "2048", "30720"])
          loops.append(loop)
          patterns += [loop.node, loop.node + "p1"]
        }
        let daemon = try await Labels.daemon(in: lab, taste: patterns)
        #expect(try await daemon.status("disk").paths.map { $0.path } == [loops[0].node])
        #expect(try await daemon.status("part").paths.map { $0.path } == [loops[1].node + "p1"])
        #expect(try await daemon.status("part").sizeBytes == (15 << 20) - 512)
      }
    }

    @Test(.needs(.loopDevices, .fio), .timeLimit(.minutes(2)))
    func aPathThatReturnsIsAttachedByItselfUnderLoad() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 32)
        let first = try await LoopDevice.attach(disk, in: lab)
        let second = try await LoopDevice.attach(disk, in: lab)
        let daemon = try await Labels.daemon(in: lab, taste: [first.node, second.node])
        try await daemon.control("label", "-A", "data", first.node, second.node)
        let fio = Fio(uri: daemon.uri("data"), seconds: 8, sizeMebibytes: 16)
        let load = try fio.start(in: lab)
        // Taken out and given back to the system, the node has nothing behind it.
        try await daemon.control("remove", "data", second.name)
        try await second.detach(in: lab)
        #expect(try await daemon.status("data").paths.count == 1)
        try await lab.succeed("losetup", ["--direct-io=on", second.node, disk])
        try await Labels.waitForDevice("data", paths: 2, daemon)
        try await daemon.waitForPath(second.name, of: "data", in: [.active])
        // Another medium under the same name is none of it.
        try await daemon.control("remove", "data", second.name)
        try await second.detach(in: lab)
        let other = try lab.image("other.img", mebibytes: 32)
        try await lab.succeed("losetup", ["--direct-io=on", second.node, other])
        #expect(try await daemon.control("rescan").isEmpty)
        try await daemon.refuse(["add", "data", second.name], saying: [second.node, "label"])
        #expect(try await daemon.status("data").paths.count == 1)
        try await fio.finish(load)
        #expect(try await daemon.stats().devices.first?.errors == 0)
        try await daemon.stop()
      }
    }

    @Test(.needs(.loopDevices), .timeLimit(.minutes(1)))
    func aDeviceWhoseFirstPathArrivesLateAssemblesThen() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 8)
        try await Labels.write(disk, name: "late", in: lab)
        let loop = try await LoopDevice.attach(disk, in: lab)
        try await loop.detach(in: lab)
        let daemon = try await Labels.daemon(in: lab, taste: [loop.node])
        #expect(try await daemon.mpctl(["list", "late"]).status == 1)
        try await lab.succeed("losetup", ["--direct-io=on", loop.node, disk])
        try await Labels.waitForDevice("late", paths: 1, daemon)
        #expect(try await daemon.status("late").uuid == Labels.uuid)
      }
    }

    @Test(.needs(.loopDevices), .timeLimit(.minutes(1)))
    func whatIsMountedOrHeldIsNotTouchedAndLoopDevicesAreNoCandidates() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 8)
        let loop = try await LoopDevice.attach(disk, in: lab)
        try await Labels.write(loop.node, name: "held", in: lab)
        // Nothing says that loop devices may be looked at.
        let plain = try await TestDaemon.start(in: lab, options: ["--no-state"])
        #expect(!(try await plain.control("list")).contains("held"))
        try await plain.control("create", "manual", loop.node)
        // Held by the first, so that the second does not look at it and says so.
        let daemon = try await TestDaemon.start(
          in: lab, runDirectory: lab.file("run2"),
          options: ["--no-state", "--taste", loop.node])
        #expect(try await daemon.mpctl(["list", "held"]).status == 1)
        #expect(try await daemon.control("rescan").isEmpty)
        #expect(try await daemon.control("paths").contains("busy"))
        try await plain.control("destroy", "manual")
        #expect(try await daemon.control("rescan") == "held: assembled\n")
      }
    }

    /// The node of a loop device without a file can be opened; its descriptor was closed twice, and might have been
    /// another's by then. Nor did the refusal say how to add what is not there yet.
    @Test(.needs(.loopDevices, .strace), .timeLimit(.minutes(1)))
    func aNodeWithoutAMediumIsRefusedAndClosedOnce() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 8)
        let loop = try await LoopDevice.attach(disk, in: lab)
        try await daemon.control("label", "data", disk)
        try await loop.detach(in: lab)
        let trace = lab.file("trace")
        let watcher = try lab.start(
          "strace",
          ["-f", "-qq", "-e", "trace=close", "-o", trace, "-p", "\(daemon.process.pid)"])
        // Once it watches, what every command closes is in its file.
        let clock = ContinuousClock()
        let end = clock.now + .seconds(30)
        while Files.text(trace).isEmpty, clock.now < end { try await daemon.control("status") }
        #expect(!Files.text(trace).isEmpty)
        for operand in [loop.node, lab.file("none.img")] {
          let answer = try await daemon.mpctl(["add", "data", operand])
          #expect(answer.status == 1 && answer.errors.contains("--size 8388608"), "\(answer)")
        }
        try await daemon.control("status")
        watcher.signal(SIGINT)
        _ = try await watcher.wait(atMostSeconds: 20)
        #expect(!Files.text(trace).contains("EBADF"), "\(Files.text(trace))")
        try await daemon.stop()
      }
    }

    /// `create`, as `status` said, made a device by hand of it, with the label's sector in reach of its users; and
    /// nothing but a restart brought back what nobody tastes.
    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func aStoppedDeviceIsNamedAndComesBackByARescanOnly() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 8)
        try await daemon.control("label", "-A", "data", disk)
        try await daemon.control("set", "data", "stall-factor=5")
        let uuid = try await daemon.status("data").uuid
        try await daemon.control("stop", "data")
        #expect(try await daemon.control("status") == "No device runs. Stopped: data\n")
        for words in [["status", "data"], ["create", "data", disk]] {
          let answer = try await daemon.mpctl(words)
          #expect(answer.status == 1)
          #expect(answer.errors.contains("mpctl rescan assembles it"), "\(answer.errors)")
        }
        #expect(try await daemon.control("rescan", "--dry-run") == "data: assembled\n")
        #expect(try await daemon.mpctl(["list", "data"]).status == 1)
        #expect(try await daemon.control("rescan") == "data: assembled\n")
        #expect(try await daemon.status("data").uuid == uuid)
        #expect(try await daemon.control("set", "data").contains("stall-factor=5"))
        #expect(try await daemon.control("rescan").isEmpty)
        // Another medium of that name had it forgotten.
        try await daemon.control("stop", "data")
        let other = try lab.image("other.img", mebibytes: 8)
        try await daemon.refuse(["label", "data", other], saying: ["stopped"])
        #expect(try await daemon.control("rescan") == "data: assembled\n")
        // What is no candidate is not listed as one for that.
        #expect(!(try await daemon.control("paths")).contains("unlabelled"))
        // One that is forgotten does not come back.
        try await daemon.control("stop", "data")
        try await daemon.control("destroy", "data")
        #expect(try await daemon.control("rescan").isEmpty)
        #expect(try await daemon.control("status").contains("There are no devices"))
        try await daemon.stop()
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func aRestartBringsHoldsAndSettingsBackAndDropsWhatHasBecomeAnotherMedium() async throws {
      try await Lab.run { lab in
        let daemon = try await Labels.daemon(
          in: lab, taste: [lab.file("disk*.img")], remembers: true)
        let disk = try lab.image("disk.img", mebibytes: 8)
        for name in ["disk2.img", "disk3.img", "disk4.img"] {
          try await lab.succeed("ln", [disk, lab.file(name)])
        }
        try await daemon.control(
          "label", "-R", "--allow-duplicate", "data", disk, lab.file("disk2.img"),
          lab.file("disk3.img"), lab.file("disk4.img"))
        try await daemon.control("fail", "data", "disk2.img")
        try await daemon.control("set", "data", "probe-good=7")
        let uuid = try await daemon.status("data").uuid
        try await daemon.stop()
        // One path is missing, one leads to another labelled medium.
        try await lab.succeed("mv", [lab.file("disk3.img"), lab.file("away")])
        try await lab.succeed("rm", [lab.file("disk4.img")])
        try await Labels.write(
          try lab.image("disk4.img", mebibytes: 8), name: "four", uuid: Labels.otherUUID, in: lab)
        try await daemon.startAgain()
        let status = try await daemon.status("data")
        #expect(status.uuid == uuid && status.type == .automatic && status.mode == .activeRead)
        #expect(status.settings?["probe-good"] == "7")
        #expect(
          try await daemon.pathStates("data")
            == ["disk.img": .active, "disk2.img": .held, "disk3.img": .lost])
        #expect(try await daemon.status("four").paths.map { $0.name } == ["disk4.img"])
        try await lab.succeed("mv", [lab.file("away"), lab.file("disk3.img")])
        try await daemon.waitForPath("disk3.img", of: "data", in: [.read])
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func M13_aPathThatCannotBeReadYetComesIntoServiceWhenItsLabelProvesRight() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab, options: ["--no-taste"])
        let disk = try lab.image("disk.img", mebibytes: 8)
        let late = lab.file("late.img")
        let wrong = lab.file("wrong.img")
        try await daemon.control("label", "-A", "data", disk)
        try await daemon.refuse(["add", "data", late], saying: [late])
        try await daemon.refuse(["add", "--size", "4M", "data", late], saying: ["\(8 << 20)"])
        for path in [late, wrong] {
          let added = try await daemon.mpctl(["add", "--size", "8M", "data", path])
          #expect(added.status == 0 && added.errors.contains("not there yet"), "\(added)")
        }
        #expect(
          try await daemon.pathStates("data")
            == ["disk.img": .active, "late.img": .lost, "wrong.img": .lost])
        #expect(try await daemon.status("data").state == .degraded)

        try await Labels.write(
          try lab.image("wrong.tmp", mebibytes: 8), name: "data", uuid: Labels.otherUUID, in: lab)
        try await lab.succeed("mv", [lab.file("wrong.tmp"), wrong])
        try await lab.succeed("ln", [disk, late])
        try await daemon.waitForPath("late.img", of: "data", in: [.active])
        try await daemon.waitForPath("wrong.img", of: "data", in: [.foreign])
        let reason = try await daemon.status("data").paths.first { $0.path == wrong }?.reason
        #expect(reason?.contains(Labels.otherUUID) == true)

        // Without a label nothing could tell later what the path leads to.
        try await daemon.control("create", "manual", try lab.image("other.img", mebibytes: 8))
        try await daemon.refuse(
          ["add", "--size", "8M", "manual", lab.file("none.img")], saying: ["no label"])
      }
    }

    @Test(.needs(.nbdkit), .timeLimit(.minutes(1)))
    func M13_aServerThatIsDownCanBeAddedAndServesWhenItIsUp() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab, options: ["--no-taste"])
        let disk = try lab.image("disk.img", mebibytes: 8)
        try await daemon.control("label", "data", disk)
        let uri = "nbd+unix:///?socket=" + lab.file("late.nbd")
        try await daemon.control("add", "--size", "8M", "data", uri)
        #expect(try await daemon.status("data").paths.last?.state == .lost)
        _ = try await NBDServer.nbdkit("late.nbd", in: lab, ["file", disk])
        let name = try #require(try await daemon.status("data").paths.last?.name)
        try await daemon.waitForPath(name, of: "data", in: [.passive])
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func addLooksAtTheLabelThroughTheNewPath() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab, options: ["--no-taste"])
        let disk = try lab.image("disk.img", mebibytes: 8)
        try await daemon.control("label", "data", disk)
        // The same bytes but for the label.
        let copy = lab.file("copy.img")
        try await lab.succeed("cp", [disk, copy])
        try await Labels.write(copy, name: "data", uuid: Labels.otherUUID, in: lab)
        try await daemon.refuse(["add", "data", copy], saying: [copy, Labels.otherUUID])
        try await daemon.control("clear", copy)
        try await daemon.refuse(["add", "data", copy], saying: [copy, "no label"])
        #expect(try await daemon.pathStates("data") == ["disk.img": .active])
      }
    }
  }
}

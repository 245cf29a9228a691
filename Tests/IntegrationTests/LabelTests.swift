internal import Control
internal import Testing

extension Integration {
  /// `label`, `clear` and `dump`.
  @Suite struct LabelTests {
    /// Two that can be opened and never answer a read, looked at one after the other, took twice the patience.
    @Test(.needs(.fuse), .timeLimit(.minutes(2)))
    func pathsThatHangAreLeftOutAndKeepNoOtherWaiting() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        var paths: [FaultPath] = []
        for number in 0..<4 {
          paths.append(try await FaultPath.up("p\(number)", in: lab, backing: backing))
        }
        for path in paths[1...2] { try await path.hold() }
        let labelled = try await daemon.mpctl(["label", "data"] + paths.map { $0.file })
        for path in paths[1...2] { try await path.free() }
        #expect(labelled.status == 5, "\(labelled)")
        for path in paths[1...2] {
          #expect(labelled.errors.contains("\(path.file) is not a path of \(paths[0].file)"))
        }
        #expect(try await daemon.pathStates("data") == ["p0": .active, "p3": .passive])
        try await daemon.stop()
      }
    }

    /// gmultipath's own name for it.
    @Test(.timeLimit(.minutes(1)))
    func underTheNameOfGmultipathItIsTheSameProgram() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 8)
        let program = HostEnvironment.programDirectory + "/mpctl"
        try await lab.succeed("ln", ["-s", program, lab.file("gmultipath")])
        let connection = ["--run-dir", daemon.runDirectory]
        for (words, said) in [
          (["label", "-v", "-A", "FRED", disk], "Done.\n"), (["getactive", "FRED"], "disk.img\n"),
          (["status", "-s"], "multipath/FRED  DEGRADED  disk.img (ACTIVE)\n"),
        ] {
          let output = try await lab.succeed(lab.file("gmultipath"), words + connection)
          #expect(output.hasSuffix(said), "\(words): \(output)")
        }
        // What it refuses it signs with that name, and it knows gmultipath's two exit statuses.
        for (words, said) in [
          (["rotate", "none"] + connection, "there is no device none"),
          (["rotate"] + connection, "Missing expected argument"),
          (["rotate", "-A", "FRED"] + connection, "Unknown option '-A'"),
          (["bogus"], "Unexpected argument 'bogus'"),
          (["status", "--socket", lab.file("none.sock")], "no mpathd answers"),
        ] {
          let refused = try await lab.run(lab.file("gmultipath"), words)
          #expect(refused.status == 1, "\(refused)")
          #expect(refused.errors.hasPrefix("gmultipath: " + said), "\(refused)")
          #expect(!refused.errors.contains("Usage: mpctl"), "\(refused)")
        }
        let bare = try await lab.run(lab.file("gmultipath"), [])
        #expect(bare.status == 1 && bare.errors.contains("USAGE: gmultipath"), "\(bare)")
        try await daemon.stop()
      }
    }

    /// A path that was added by a link, as /dev/disk/by-id is one, was unknown by the kernel's name for it.
    @Test(.needs(.loopDevices), .timeLimit(.minutes(1)))
    func aPathIsKnownByEveryNameOfItsNode() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 8)
        let loops = [
          try await LoopDevice.attach(disk, in: lab), try await LoopDevice.attach(disk, in: lab),
        ]
        try await lab.succeed("ln", ["-s", loops[1].node, lab.file("by-id")])
        try await daemon.control("label", "data", loops[0].node, lab.file("by-id"))
        for operand in [loops[1].name, loops[1].node, "by-id", lab.file("by-id")] {
          try await daemon.control("fail", "data", operand)
          #expect(try await daemon.pathStates("data")["by-id"] == .held, "\(operand)")
          try await daemon.control("restore", "data", operand)
          #expect(try await daemon.pathStates("data")["by-id"] == .passive, "\(operand)")
        }
        // Nobody sees a blank at the end of a name, or a name that is none.
        try await daemon.refuse(["fail", "data", "by-id "], saying: ["no path 'by-id '"])
        try await daemon.refuse(["fail", "data ", "by-id"], saying: ["no device 'data '"])
        try await daemon.refuse(["rotate", ""], saying: ["no device ''"])
        try await daemon.control("remove", "data", loops[1].name)
        #expect(try await daemon.pathStates("data") == [loops[0].name: .active])
        try await daemon.refuse(["fail", "data", loops[1].name], saying: ["no path"])
        try await daemon.stop()
      }
    }

    @Test(.needs(.loopDevices, .python), .timeLimit(.minutes(1)))
    func M2_M12_onlyPathsThatShowWhatWasWrittenAreAttached() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try await lab.randomImage("disk.img", mebibytes: 8)
        let other = try await lab.randomImage("other.img", mebibytes: 8)
        let before = try await Labels.sha256(other, in: lab)
        var loops: [LoopDevice] = []
        for file in [disk, disk, other] {
          loops.append(try await LoopDevice.attach(file, in: lab))
        }
        let nodes = loops.map { $0.node }
        let labelled = try await daemon.mpctl(["label", "-v", "data"] + nodes)
        #expect(labelled.status == 5, "\(labelled)")
        #expect(labelled.output == daemon.uri("data") + "\nDone.\n")
        let warnings = labelled.errors.split(separator: "\n")
        #expect(warnings.count == 1, "\(labelled.errors)")
        #expect(
          warnings.first?.hasPrefix(
            "mpctl: warning: \(nodes[2]) is not a path of \(nodes[0]): ") == true)
        #expect(
          try await daemon.pathStates("data") == [loops[0].name: .active, loops[1].name: .passive])
        #expect(try await daemon.status("data").type == .automatic)
        #expect(try await Labels.sha256(other, in: lab) == before)

        // gmultipath takes it for a success.
        try await daemon.control("destroy", "data")
        let lenient = try await daemon.mpctl(["label", "--lenient", "data"] + nodes)
        #expect(lenient.status == 0 && lenient.errors.contains(nodes[2]), "\(lenient)")
        #expect(try await Labels.sha256(other, in: lab) == before)
      }
    }

    @Test(.needs(.loopDevices, .python), .timeLimit(.minutes(1)), arguments: [512, 4096])
    func anotherDecoderReadsWhatWeWrite(sectorBytes: Int) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 64)
        let loop = try await LoopDevice.attach(disk, in: lab, sectorBytes: sectorBytes)
        try await daemon.control("label", "-R", "mpA", loop.node)
        let status = try await daemon.status("mpA")
        let uuid = try #require(status.uuid)
        #expect(status.mode == .activeRead && status.blockBytes == UInt32(sectorBytes))
        #expect(status.sizeBytes == UInt64(64 << 20) - UInt64(sectorBytes))
        #expect(status.paths.map { $0.sizeBytes } == [64 << 20])
        let expected = ["mpA", uuid, "2", "\(sectorBytes)", "\(64 << 20)"]
        #expect(try await Labels.read(disk, sectorBytes: sectorBytes, in: lab) == expected)
        let facts = try await Labels.dump(loop.node, daemon)
        #expect(facts.label?.uuid == uuid && facts.label?.mode == .activeRead)
        #expect(facts.device == "mpA")
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func labelsOfAnotherEncoderAreRead() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab, options: ["--no-taste"])
        let disk = try lab.image("disk.img", mebibytes: 64)
        for (mode, sectorBytes, garbage) in [(0, 512, false), (1, 4096, true), (2, 512, true)] {
          // FreeBSD leaves garbage behind the texts.
          try await lab.succeed("truncate", ["-s", "0", disk])
          try await lab.succeed("truncate", ["-s", "64M", disk])
          try await Labels.write(
            disk, name: "FRED", mode: mode, sectorBytes: sectorBytes, garbage: garbage, in: lab)
          let facts = try await Labels.dump(disk, daemon)
          let label = try #require(facts.label)
          #expect(label.name == "FRED" && label.uuid == Labels.uuid && facts.problem == nil)
          #expect(label.sizeBytes == 64 << 20 && label.sectorBytes == UInt32(sectorBytes))
          #expect(label.mode == DeviceMode.allCases[mode])
        }
      }
    }

    @Test(.needs(.partitioner), .timeLimit(.minutes(1)))
    func aDiskWithAGPTIsRefusedAndUnchanged() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 16)
        try await lab.succeed(
          "sh", ["-c", "printf 'label: gpt\\n,8M\\n' | sfdisk --quiet '\(disk)'"])
        let before = try await Labels.sha256(disk, in: lab)
        try await daemon.refuse(["label", "data", disk], saying: [disk, "GPT"])
        #expect(try await Labels.sha256(disk, in: lab) == before)
        #expect(!Files.exists(daemon.socket("data")))
        try await daemon.control("label", "--force", "data", disk)
        #expect(try await daemon.status("data").state == .degraded)
      }
    }

    @Test(.needs(.ext4, .python), .timeLimit(.minutes(1)))
    func whatOthersKeepAtTheEndIsRefusedAndUnchanged() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 16)
        func refused(_ words: [String]) async throws {
          let before = try await Labels.sha256(disk, in: lab)
          try await daemon.refuse(["label", "data", disk], saying: [disk] + words)
          #expect(try await Labels.sha256(disk, in: lab) == before)
        }
        try await lab.succeed("mkfs.ext4", ["-q", disk])
        try await refused(["ext4"])
        // One block smaller, it leaves room.
        try await lab.succeed("mkfs.ext4", ["-q", "-F", "-b", "4096", disk, "4095"])
        try await daemon.control("label", "data", disk)
        try await daemon.control("destroy", "data")

        try await Labels.write(disk, name: "theirs", in: lab)
        try await refused(["theirs", Labels.uuid])
        try await Labels.write(disk, name: "data", in: lab)
        try await daemon.control("label", "data", disk)
        #expect(try await daemon.status("data").uuid != Labels.uuid)
      }
    }

    /// Made by the programs of others, so that what is looked for is what they write.
    @Test(
      .needs(.formats), .timeLimit(.minutes(1)),
      arguments: [
        ("mkswap -q DISK", "swap space"), ("mkfs.vfat -a DISK", "FAT"),
        ("mkfs.exfat DISK", "exFAT"), ("mkfs.f2fs -q DISK", "F2FS"),
        ("mkfs.ntfs -F -q DISK", "NTFS"), ("mkfs.btrfs -q DISK", "btrfs"),
        ("mkfs.xfs -q DISK", "XFS"), ("mkfs.nilfs2 -q DISK", "NILFS2"),
        ("make-bcache -B DISK", "bcache"), ("make-bcache -C DISK", "bcache"),
        (
          "echo word | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 DISK -",
          "LUKS"
        ),
      ])
    func whatOthersMakeOfAMediumIsRefusedAndUnchanged(command: String, name: String) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 320)
        let words = command.replacing("DISK", with: "'\(disk)'")
        try await lab.succeed("sh", ["-c", "PATH=$PATH:/usr/sbin:/sbin; \(words)"])
        let before = try await Labels.sha256(disk, in: lab)
        try await daemon.refuse(["label", "data", disk], saying: [disk, name])
        #expect(try await Labels.sha256(disk, in: lab) == before)
        try await daemon.stop()
      }
    }

    @Test(.needs(.formats, .loopDevices), .timeLimit(.minutes(1)))
    func aVolumeOfLVMIsRefusedAndUnchanged() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 64)
        let loop = try await LoopDevice.attach(disk, in: lab)
        // Whatever the machine's own configuration says, and without its list of devices.
        let configuration =
          "devices { filter=[\"a|.*|\"] scan=[\"/dev\"] use_devicesfile=0 } global { use_lvmlockd=0 }"
        try await lab.succeed(
          "pvcreate", ["-qq", "-ff", "-y", "--config", configuration, loop.node])
        let before = try await Labels.sha256(disk, in: lab)
        try await daemon.refuse(["label", "data", loop.node], saying: [loop.node, "LVM"])
        #expect(try await Labels.sha256(disk, in: lab) == before)
        try await daemon.stop()
      }
    }

    @Test(.needs(.libnbd, .libnbdPython), .timeLimit(.minutes(1)))
    func usersOfTheDeviceCannotReachTheLabel() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 8)
        try await daemon.control("label", "data", disk)
        let label = try await Labels.read(disk, in: lab)
        let size = (8 << 20) - 512
        let content = lab.file("content.img")
        try await lab.succeed(
          "sh", ["-c", "head -c \(size) /dev/urandom > '\(content)'"])
        try await lab.succeed("nbdcopy", [content, daemon.uri("data")])
        #expect(try await Labels.read(disk, in: lab) == label)
        try await lab.succeed("cmp", ["--bytes=\(size)", content, disk])
        try await lab.script("label_reach.py", [daemon.uri("data"), String(size)])
        #expect(try await Labels.read(disk, in: lab) == label)
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func clearWipesLabelsThatNobodyUses() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let used = try await lab.randomImage("used.img", mebibytes: 4)
        let free = try await lab.randomImage("free.img", mebibytes: 4)
        let plain = try await lab.randomImage("plain.img", mebibytes: 4)
        try await daemon.control("label", "data", used)
        try await Labels.write(free, name: "free", in: lab)
        let before = try await Labels.sha256(plain, in: lab)
        let label = try await Labels.read(used, in: lab)

        // Each on its own, as in gmultipath.
        let cleared = try await daemon.mpctl(["clear", "-v", plain, used, free])
        #expect(cleared.status == 1 && !cleared.output.contains("Done."))
        #expect(cleared.errors.contains("\(plain): it has no label"), "\(cleared.errors)")
        #expect(cleared.errors.contains("data"), "\(cleared.errors)")
        #expect(try await Labels.sha256(plain, in: lab) == before)
        #expect(try await Labels.read(used, in: lab) == label)
        let sector = Files.bytes(free).suffix(512)
        #expect(sector.count == 512 && sector.allSatisfy { $0 == 0 })
        #expect(!Files.bytes(free).suffix(1024).prefix(512).allSatisfy { $0 == 0 })

        try await daemon.control("stop", "data")
        #expect(try await daemon.control("clear", "-v", used) == "Done.\n")
        #expect(try await Labels.dump(used, daemon).problem == "it has no label")
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func destroyWipesTheLabelAndStopLeavesIt() async throws {
      try await Lab.run { lab in
        let disk = try await lab.randomImage("disk.img", mebibytes: 4)
        let daemon = try await Labels.daemon(in: lab, taste: [disk], remembers: true)
        try await daemon.control("label", "data", disk)
        let label = try await Labels.read(disk, in: lab)
        try await daemon.control("set", "data", "probe-good=7")
        try await daemon.control("stop", "data")
        #expect(try await Labels.read(disk, in: lab) == label)
        // Its file was closed by us, which was once taken for an arrival: the device was back at once.
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await daemon.mpctl(["status", "data"]).status == 1)
        // The next look brings it back as it was.
        #expect(try await daemon.control("rescan") == "data: assembled\n")
        let status = try await daemon.status("data")
        #expect(status.uuid == label[1] && status.settings?["probe-good"] == "7")
        try await daemon.control("destroy", "data")
        #expect(try await Labels.dump(disk, daemon).problem == "it has no label")
        #expect(try await daemon.control("rescan").isEmpty)
        #expect(Files.bytes(disk).suffix(512).allSatisfy { $0 == 0 })
        #expect(!Files.bytes(disk).suffix(1024).prefix(512).allSatisfy { $0 == 0 })
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func configureWritesTheModeIntoTheLabelAndNothingElse() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 4)
        try await Labels.write(disk, name: "FRED", uuid: Labels.uuid, garbage: true, in: lab)
        let before = Files.bytes(disk).suffix(512)
        let daemon = try await Labels.daemon(in: lab, taste: [disk])
        try await daemon.control("configure", "-R", "FRED")
        var after = Array(Files.bytes(disk).suffix(512))
        #expect(after[88] == 2)
        // FreeBSD compares what stands behind the uuid, too; behind the name nobody looks.
        #expect(after[..<60] == Array(before)[..<60])
        after = Array(after[72...])
        after[16] = 0
        #expect(after == Array(Array(before)[72...]))
        try await daemon.stop()
        try await daemon.startAgain()
        #expect(try await daemon.status("FRED").mode == .activeRead)
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func wrongOperandsAreRefusedInOneSentence() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 4)
        let larger = try lab.image("larger.img", mebibytes: 8)
        try Files.create(lab.file("tiny.img"), sizeBytes: 512)
        let before = try await Labels.sha256(disk, in: lab)
        try await daemon.refuse(
          ["label", "0123456789abcdef", disk], saying: ["15 bytes", "16"])
        try await daemon.refuse(["label", "a/b", disk], saying: ["a/b"])
        // As in gmultipath: nothing is written unless every path could be one.
        try await daemon.refuse(
          ["label", "data", disk, larger], saying: ["\(4 << 20)", "\(8 << 20)"])
        try await daemon.refuse(["label", "data", disk, disk], saying: ["twice"])
        try await daemon.refuse(
          ["label", "data", disk, lab.file("none.img")], saying: ["none.img"])
        try await daemon.refuse(["label", "data", lab.file("tiny.img")], saying: ["too small"])
        #expect(try await Labels.sha256(disk, in: lab) == before)
        try await daemon.control("label", "data", disk)
        try await daemon.refuse(["label", "data", larger], saying: ["data"])
        try await daemon.refuse(["label", "other", disk], saying: [disk, "data"])
        #expect(try await daemon.mpctl(["dump", lab.file("none.img")]).status == 1)
      }
    }

    @Test(.needs(.nbdkit, .python), .timeLimit(.minutes(1)))
    func aServersMediumIsLabelledThroughItsServer() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 8)
        let other = try await lab.randomImage("other.img", mebibytes: 8)
        var uris: [String] = []
        for (name, image) in [("a", disk), ("b", disk), ("c", other)] {
          let server = try await NBDServer.nbdkit("\(name).nbd", in: lab, ["file", image])
          uris.append("nbd+unix:///?socket=\(server.socket)")
        }
        let labelled = try await daemon.mpctl(["label", "data"] + uris)
        #expect(labelled.status == 5 && labelled.errors.contains("c.nbd"), "\(labelled)")
        let status = try await daemon.status("data")
        #expect(status.paths.count == 2 && status.type == .automatic)
        #expect(try await Labels.read(disk, in: lab)[1] == status.uuid)
        #expect(try await Labels.dump(uris[1], daemon).label?.uuid == status.uuid)
        // The same medium by a shorter way.
        try await daemon.refuse(["clear", uris[2]], saying: ["no label"])
      }
    }
  }
}

internal import Control
internal import Testing

extension Integration {
  /// A device that is mounted, or in use by something else, is never touched.
  @Suite struct RegistryUseTests {
    @Test(.needs(.loopDevices, .ext4, .unshare, .python), .timeLimit(.minutes(2)))
    func whatIsMountedOrClaimedIsNeitherReadNorAssembled() async throws {
      try await Lab.run { lab in
        var loops: [LoopDevice] = []
        for name in ["mounted", "elsewhere", "claimed", "free"] {
          let disk = try lab.image(name + ".img", mebibytes: 16)
          // It leaves the last sector to the label.
          try await lab.succeed("mkfs.ext4", ["-q", "-F", "-b", "4096", disk, "4095"])
          try await Labels.write(
            disk, name: name, uuid: Labels.uuid.dropLast() + "\(loops.count)", in: lab)
          loops.append(try await LoopDevice.attach(disk, in: lab))
        }
        let folder = lab.file("folder")
        try await lab.succeed("mkdir", [folder])
        // In a namespace of its own, which our mountinfo does not show.
        let inside = try lab.start(
          "unshare",
          [
            "--mount", "sh", "-c",
            "mount -o ro \(loops[1].node) '\(folder)' && echo ready && exec sleep 100",
          ])
        let claimer = try lab.start(
          Lab.python,
          [
            "-c",
            "import os, sys, time; os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL); print('ready', flush=True); "
              + "time.sleep(100)", loops[2].node,
          ])
        let clock = ContinuousClock()
        let end = clock.now + .seconds(30)
        while !inside.output.contains("ready") || !claimer.output.contains("ready"), clock.now < end
        {
          try await Task.sleep(for: .milliseconds(20))
        }
        // Only now, since the namespace would have a copy of it.
        try await lab.succeed("mount", ["-o", "ro", loops[0].node, folder])
        lab.atEnd { _ = try? await lab.run("umount", [folder]) }
        let before = loops[..<3].map { Self.reads($0) }
        let daemon = try await Labels.daemon(in: lab, taste: loops.map { $0.node })
        #expect(try await daemon.control("rescan").isEmpty)
        var paths = try await Self.paths(daemon)
        #expect(paths.compactMap { $0.device } == ["free"])
        for loop in loops[..<3] {
          let facts = try #require(paths.first { $0.path == loop.node })
          #expect(facts.state == .busy && facts.device == nil, "\(facts)")
        }
        #expect(loops[..<3].map { Self.reads($0) } == before)
        // Nor is it taken when somebody asks for it by name.
        for loop in loops[..<3] {
          try await daemon.refuse(["create", "mine", loop.node], saying: [loop.name])
        }
        // Once they are let go of, the next look has them.
        claimer.signal(9)
        _ = try await claimer.wait(atMostSeconds: 30)
        try await lab.succeed("umount", [folder])
        let rescan = try await daemon.control("rescan")
        #expect(rescan.contains("claimed: assembled") && rescan.contains("mounted: assembled"))
        paths = try await Self.paths(daemon)
        #expect(paths.compactMap { $0.device }.sorted() == ["claimed", "free", "mounted"])
      }
    }

    @Test(.needs(.root, .loopDevices, .python), .timeLimit(.minutes(1)))
    func whatUdevSaysOfLinksAndNamesIsShownAndUsed() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 8)
        let loop = try await LoopDevice.attach(disk, in: lab)
        let daemon = try await Labels.daemon(in: lab, taste: [loop.node])
        let facts = try await Self.paths(daemon).first
        #expect(
          facts?.kernelName == loop.name && facts?.serial == nil, "\(String(describing: facts))")
        let link = "/dev/disk/by-id/mpath-test-\(loop.name)"
        // Said again until it is seen: a look that comes after it reads udev's database, which has nothing here.
        let clock = ContinuousClock()
        let end = clock.now + .seconds(30)
        var told: PathFacts?
        while told?.serial == nil, clock.now < end {
          try await lab.script("udev_says.py", [loop.node, "\(link) /dev/disk/by-seq/7", "S123"])
          try await Task.sleep(for: .milliseconds(20))
          told = try await Self.paths(daemon).first
        }
        #expect(told?.serial == "S123")
        #expect(told?.aliases == [link, "/dev/disk/by-seq/7"].map { String($0.dropFirst(5)) })
        // What is no message of udev's changes nothing, and ends nothing.
        let noise =
          "import os, socket, sys; s = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15); s.bind((0, 0)); "
          + "[s.sendto(p, (0, 2)) for p in (b'libudev', b'libudev' + bytes(40), os.urandom(300), "
          + "b'libudev\\0\\xfe\\xed\\xca\\xfe' + b'\\xff' * 40)]"
        try await lab.succeed(Lab.python, ["-c", noise])
        let after = try await Self.paths(daemon).first
        #expect(after?.path == facts?.path && after?.state == facts?.state)
      }
    }

    private static func paths(_ daemon: TestDaemon) async throws -> [PathFacts] {
      let text = try await daemon.control("paths", "--json")
      return try Wire.decode(PathsMethod.Result.self, from: Array(text.utf8), what: "paths").paths
    }

    /// How many reads the kernel has carried out on it.
    private static func reads(_ loop: LoopDevice) -> Int? {
      Files.text("/sys/block/\(loop.name)/stat").split(separator: " ").first.flatMap { Int($0) }
    }
  }
}

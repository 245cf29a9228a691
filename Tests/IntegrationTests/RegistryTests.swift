internal import Control
internal import Glibc
internal import Testing

extension Integration {
  /// The first founding post: the daemon always knows, nothing ever rescans, nobody waits. Named by the points of it.
  @Suite struct RegistryTests {
    @Test(.needs(.root, .strace, .unshare, .python), .timeLimit(.minutes(2)))
    func G1_G5_NothingIsWrittenButSocketsAndTheLog() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("a.img", mebibytes: 4)
        try await Labels.write(disk, in: lab)
        // All is read-only except for the test's own folder; /var is empty.
        let view =
          "mount --bind '\(lab.directory)' '\(lab.directory)' && mount --bind / / "
          + "&& mount -o remount,bind,ro / && mount -t tmpfs -o ro none /var && exec \"$@\""
        let trace = lab.file("trace")
        let daemon = try await TestDaemon.start(
          in: lab,
          launcher: ["unshare", "--mount", "sh", "-c", view, "sh"]
            + [
              "strace", "-D", "-f", "-qq", "-e", "trace=openat,creat,mkdir,rename,truncate", "-o",
              trace,
            ],
          options: ["--oneshot", "--taste", lab.file("*.img")])
        #expect(try await daemon.status("data").uuid == Labels.uuid)
        for verb in ["list", "status", "stats", "events", "paths", "rescan"] {
          try await daemon.control(verb)
        }
        try await daemon.control("fail", "data", "a.img")
        try await daemon.control("restore", "data", "a.img")
        let written = Files.text(trace).split(separator: "\n").filter { line in
          (line.contains("O_WRONLY") || line.contains("O_RDWR") || line.contains("O_CREAT")
            || line.contains("mkdir(") || line.contains("rename(")) && !line.contains(" = -1 ")
        }
        let strange = written.filter { line in
          !line.contains(daemon.runDirectory) && !line.contains("\"\(disk)\"")
            && !line.contains("/dev/null") && !line.contains("\"/proc/self/")
        }
        #expect(!written.isEmpty)
        #expect(strange.isEmpty, "\(strange)")
      }
    }

    @Test(.needs(.strace, .python), .timeLimit(.minutes(1)))
    func G2_QueriesGoThroughTheSocketAndOpenNoPath() async throws {
      try await Lab.run { lab in
        for name in ["a", "b"] {
          try await Labels.write(try lab.image(name + ".img", mebibytes: 4), in: lab)
        }
        let daemon = try await Labels.daemon(in: lab, taste: [lab.file("*.img")])
        for verb in ["status", "list", "paths", "events", "stats"] {
          let trace = lab.file("trace." + verb)
          try await lab.succeed(
            "strace",
            ["-f", "-qq", "-e", "trace=openat,open,stat,newfstatat,statx,connect", "-o", trace]
              + [
                HostEnvironment.programDirectory + "/mpctl", verb, "--run-dir", daemon.runDirectory,
              ])
          let calls = Files.text(trace)
          #expect(calls.contains("control.sock"))
          #expect(!calls.contains(".img") && !calls.contains("/dev/sd"), "\(verb): \(calls)")
        }
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(1)))
    func G3_WithoutADaemonAScanSaysTheSame() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("a.img", mebibytes: 4)
        try await Labels.write(disk, mode: 2, in: lab)
        let daemon = try await Labels.daemon(in: lab, taste: [lab.file("*.img")])
        let served = try await daemon.status("data")
        try await daemon.stop()
        let mpctl = HostEnvironment.programDirectory + "/mpctl"
        let text = try await lab.succeed(mpctl, ["scan", "--json", disk])
        let report = try Wire.decode(ScanReport.self, from: Array(text.utf8), what: "scan")
        #expect(!report.live)
        #expect(
          report.devices == [
            ScanReport.Device(
              name: served.name, uuid: Labels.uuid, mode: served.mode, sizeBytes: served.sizeBytes,
              paths: [disk])
          ])
        let words = try await lab.succeed(mpctl, ["scan", disk])
        #expect(words.contains("a scan, not live state") && words.contains(Labels.uuid))
        // Asked how things are, it says that nobody knows, and what it sees.
        let status = try await daemon.mpctl(["status"])
        #expect(status.status == 2, "\(status)")
        #expect(status.output.contains("a scan, not live state"), "\(status)")
        #expect(status.errors.contains("no mpathd answers"), "\(status)")
      }
    }

    @Test(.needs(.root, .setpriv, .python), .timeLimit(.minutes(2)))
    func G4_AnotherUserIsRefusedAndNoFrameDoesHarm() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("a.img", mebibytes: 4)
        // Others may look through the directories down to the socket.
        try await lab.succeed("chmod", ["755", lab.directory])
        let daemon = try await TestDaemon.start(
          in: lab, options: ["--no-state", "--no-taste", "--control-group", "65534"])
        try await daemon.control("create", "data", disk)
        let mpctl = HostEnvironment.programDirectory + "/mpctl"
        func asUser(_ groups: [String], _ words: [String]) async throws -> Lab.Result {
          try await lab.run(
            "setpriv",
            ["--reuid", "12345"] + groups + [mpctl] + words + ["--run-dir", daemon.runDirectory])
        }
        let stranger = try await asUser(["--regid", "12345", "--clear-groups"], ["status"])
        #expect(stranger.status == 2 && stranger.errors.contains("no permission"), "\(stranger)")
        let member = ["--regid", "12345", "--groups", "65534"]
        #expect(try await asUser(member, ["status"]).status == 0)
        let change = try await asUser(member, ["destroy", "data"])
        #expect(change.status == 1 && change.errors.contains("may look"), "\(change)")

        let before = Self.residentKibibytes(daemon)
        let socket = daemon.runDirectory + "/control.sock"
        let frames = try await lab.run(
          "setpriv",
          ["--reuid", "12345"] + member.dropFirst(0) + [
            Lab.python, "-B", lab.scripts + "/control_frames.py", socket, "6000", "1",
          ], atMostSeconds: 90)
        #expect(frames.status == 0, "\(frames)")
        #expect(frames.output.contains("\"obeyed\": 0"), "\(frames)")
        #expect(!frames.output.contains("\"not_permitted\": 0,"), "\(frames)")
        #expect(try await daemon.status("data").state == .degraded)
        #expect(Self.residentKibibytes(daemon) < before + 32 << 10)
        try await daemon.stop()
      }
    }

    @Test(.needs(.loopDevices, .strace), .timeLimit(.minutes(2)))
    func G6_WhatComesGoesAndGrowsIsKnownWithoutACommand() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 8)
        let loop = try await LoopDevice.attach(disk, in: lab)
        let daemon = try await Labels.daemon(
          in: lab, taste: ["/dev/" + loop.name, lab.file("*.disk")])
        try await Self.wait(daemon, loop.node) { $0?.sizeBytes == 8 << 20 }
        try await loop.detach(in: lab)
        try await Self.wait(daemon, loop.node) { $0?.sizeBytes == nil }
        try await lab.succeed("losetup", [loop.node, disk])
        try await Self.wait(daemon, loop.node) {
          $0?.sizeBytes == 8 << 20 && $0?.state == .unlabelled
        }
        #expect(try await Self.path(loop.node, daemon)?.kernelName == loop.name)
        try await lab.succeed("truncate", ["-s", "16M", disk])
        try await lab.succeed("losetup", ["-c", loop.node])
        try await Self.wait(daemon, loop.node) { $0?.sizeBytes == 16 << 20 }
        // The same for files.
        let file = try lab.image("a.disk", mebibytes: 4)
        try await Self.wait(daemon, file) { $0?.sizeBytes == 4 << 20 }
        try await lab.succeed("truncate", ["-s", "8M", file])
        try await Self.wait(daemon, file) { $0?.sizeBytes == 8 << 20 }
        try await lab.succeed("rm", [file])
        try await Self.wait(daemon, file) { $0 == nil }
        // And a device in use follows its medium.
        try await daemon.control("create", "data", loop.node)
        try await lab.succeed("truncate", ["-s", "24M", disk])
        try await lab.succeed("losetup", ["-c", loop.node])
        let clock = ContinuousClock()
        let end = clock.now + .seconds(30)
        while try await daemon.status("data").sizeBytes != 24 << 20, clock.now < end {
          try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await daemon.status("data").sizeBytes == 24 << 20)
        // It was shown as the last look for a label had found it.
        #expect(try await Self.path(loop.node, daemon)?.sizeBytes == 24 << 20)
        let labelled = try lab.image("b.disk", mebibytes: 4)
        try await daemon.control("label", "other", labelled)
        #expect(try await Self.path(labelled, daemon)?.label == "other")
        #expect(try await Self.path(labelled, daemon)?.uuid?.count == 36)
        // One that came alone and has no label was looked at for ever.
        let unlabelled = try lab.image("c.disk", mebibytes: 4)
        try await Self.wait(daemon, unlabelled) { $0?.state == .unlabelled }

        try await Self.expectStillness(of: daemon, in: lab)
      }
    }

    /// The look that ended last was taken for one that came too late, and begun again, ten times a second.
    @Test(.needs(.strace), .timeLimit(.minutes(1)))
    func aLookThatHasAnsweredIsNotRepeated() async throws {
      try await Lab.run { lab in
        let file = try lab.image("a.disk", mebibytes: 4)
        let daemon = try await Labels.daemon(in: lab, taste: [file])
        try await Self.wait(daemon, file) { $0?.state == .unlabelled }
        try await Self.expectStillness(of: daemon, in: lab)
      }
    }

    /// Left alone, it enumerates nothing and opens nothing.
    private static func expectStillness(of daemon: TestDaemon, in lab: Lab) async throws {
      let trace = lab.file("trace")
      let watcher = try lab.start(
        "strace",
        ["-f", "-qq", "-e", "trace=openat,open,getdents64,newfstatat,statx,ioctl", "-o", trace]
          + ["-p", "\(daemon.process.pid)"])
      try await Task.sleep(for: .seconds(5))
      watcher.signal(SIGINT)
      _ = try await watcher.wait(atMostSeconds: 20)
      // glibc reads this when a thread's heap shrinks, as when a helper goes home.
      let calls = Files.text(trace).split(separator: "\n").filter {
        !$0.contains("/proc/sys/vm/overcommit_memory")
      }
      #expect(calls.isEmpty, "\(calls)")
    }

    @Test(.needs(.fuse, .python), .timeLimit(.minutes(2)))
    func G7_QueriesAreAnsweredWhilePathsHang() async throws {
      try await Lab.run { lab in
        for name in ["a", "b", "c"] {
          try await Labels.write(try lab.image(name + ".img", mebibytes: 4), in: lab)
        }
        let slow = try await FaultPath.up("slow", in: lab, backing: lab.file("a.img"))
        let daemon = try await Labels.daemon(in: lab, taste: [lab.file("*.img"), slow.file])
        #expect(try await daemon.status("data").paths.count == 4)
        try await slow.stop()
        let rescan = try lab.start(
          HostEnvironment.programDirectory + "/mpctl", ["rescan", "--run-dir", daemon.runDirectory])
        for verb in ["status", "list", "paths", "stats", "events"] {
          #expect(try await daemon.mpctl([verb]).status == 0)
        }
        // The rescan passes over what does not answer.
        #expect(try await rescan.wait(atMostSeconds: 60) == .exited(0), "\(rescan.errors)")
        try await slow.resume()
      }
    }

    @Test(.needs(.python), .timeLimit(.minutes(2)))
    func G8_DaemonAndScanMakeTheSameOfRandomLabels() async throws {
      try await Lab.run { lab in
        let text = try await lab.script(
          "agreement.py", [HostEnvironment.programDirectory, lab.directory, "25", "1"],
          atMostSeconds: 110)
        #expect(text.contains("all alike"))
      }
    }

    @Test(.needs(.loopDevices, .fio, .python), .timeLimit(.minutes(2)))
    func G9_ARescanRepairsAnArrivalThatNobodyHeardOf() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 32)
        try await Labels.write(disk, in: lab)
        let first = try await LoopDevice.attach(disk, in: lab)
        let second = try await LoopDevice.attach(disk, in: lab)
        try await second.detach(in: lab)
        let candidates = lab.file("candidates")
        try Files.write("allow \(first.node)\n", to: candidates)
        let daemon = try await TestDaemon.start(
          in: lab, options: ["--no-state", "--no-uevents", "--candidates", candidates])
        let fio = Fio(uri: daemon.uri("data"), seconds: 15, sizeMebibytes: 16)
        let load = try fio.start(in: lab)
        // Nobody tells of it, and it is no candidate yet.
        try await lab.succeed("losetup", ["--direct-io=on", second.node, disk])
        #expect(try await daemon.status("data").paths.count == 1)
        try Files.write("allow \(first.node)\nallow \(second.node)\n", to: candidates)
        let attached = "data: \(second.node) attached\n"
        // On a machine so busy that a look takes longer than a rescan waits, it is not seen at once. A dry run that had
        // taken over the new rule once attached such a path when the look ended.
        let clock = ContinuousClock()
        let end = clock.now + .seconds(30)
        var would = ""
        while would.isEmpty, clock.now < end {
          would = try await daemon.control("rescan", "--dry-run")
        }
        #expect(would == attached)
        #expect(try await daemon.status("data").paths.count == 1)
        #expect(try await !daemon.control("paths").contains(second.node + " "))
        let pid = daemon.process.pid
        // On a machine so busy that the look takes longer than a rescan waits, the path comes a little later.
        #expect([attached, ""].contains(try await daemon.control("rescan")))
        try await Labels.waitForDevice("data", paths: 2, daemon)
        #expect(try await daemon.control("rescan").isEmpty)
        #expect(load.isRunning, "the load was over too soon to mean anything")
        try await fio.finish(load)
        #expect(daemon.process.isRunning && daemon.process.pid == pid)
        #expect(try await daemon.stats().devices.first?.errors == 0)
        // A mistake in the file is named, and changes nothing.
        try Files.write("permit all\n", to: candidates)
        try await daemon.refuse(["rescan"], saying: [candidates, "line 1"])
        #expect(try await daemon.status("data").paths.count == 2)
        try await daemon.stop()
      }
    }

    @Test(.needs(.root), .timeLimit(.minutes(1)))
    func G10_TheSocketIsWhereOneSays() async throws {
      try await Lab.run { lab in
        let socket = lab.file("elsewhere.sock")
        let mpctl = HostEnvironment.programDirectory + "/mpctl"
        let daemon = try await TestDaemon.start(
          in: lab, environment: [RunDirectory.socketVariable: lab.file("ignored.sock")],
          options: ["--no-state", "--no-taste", "--socket", socket])
        #expect(Files.exists(socket))
        #expect(!Files.exists(daemon.runDirectory + "/control.sock"))
        #expect(!Files.exists(lab.file("ignored.sock")))
        #expect(try await lab.run(mpctl, ["list", "--socket", socket]).status == 0)
        let byVariable = try await lab.run(
          mpctl, ["list"], environment: [RunDirectory.socketVariable: socket])
        #expect(byVariable.status == 0, "\(byVariable)")
        // As in a container that has been given the run directory.
        let inside = try await lab.run(
          "unshare",
          [
            "--mount", "sh", "-c",
            "mkdir -p '\(lab.file("inside"))' && mount --bind '\(lab.directory)' '\(lab.file("inside"))' "
              + "&& exec '\(mpctl)' list --socket '\(lab.file("inside/elsewhere.sock"))'",
          ])
        #expect(inside.status == 0, "\(inside)")
        try await daemon.stop()
        #expect(!Files.exists(socket))
      }
    }

    // MARK: Helpers

    private static func path(_ path: String, _ daemon: TestDaemon) async throws -> PathFacts? {
      let text = try await daemon.control("paths", "--json")
      let result = try Wire.decode(PathsMethod.Result.self, from: Array(text.utf8), what: "paths")
      return result.paths.first { $0.path == path }
    }

    private static func wait(
      _ daemon: TestDaemon, _ path: String, sourceLocation: SourceLocation = #_sourceLocation,
      until isRight: (PathFacts?) -> Bool
    ) async throws {
      let clock = ContinuousClock()
      let end = clock.now + .seconds(30)
      var last: PathFacts?
      repeat {
        last = try await Self.path(path, daemon)
        if isRight(last) { return }
        try await Task.sleep(for: .milliseconds(50))
      } while clock.now < end
      Issue.record("\(path) is \(String(describing: last))", sourceLocation: sourceLocation)
      throw LabError("the registry is not right")
    }

    private static func residentKibibytes(_ daemon: TestDaemon) -> Int {
      let line = Files.text("/proc/\(daemon.process.pid)/status").split(separator: "\n")
        .first { $0.hasPrefix("VmRSS:") }
      return line.flatMap { $0.split(separator: " ").compactMap { Int($0) }.first } ?? 0
    }
  }
}

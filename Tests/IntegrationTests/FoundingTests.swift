internal import Control
internal import Testing

extension Integration {
  /// The claims of the post that announced gmultipath's rewrite (M4 to M10 and M14 of docs/GMULTIPATH.md), each
  /// with the paths' own kernel as witness. M1, M7(a), M9 and M11 are in other suites.
  @Suite struct FoundingTests {
    @Test(.needs(.fuse, .qemu, .libnbd), .timeLimit(.minutes(1)))
    func m4ADeviceMadeByHandWritesNothingToItsPathsAndHasAllOfTheirBytes() async throws {
      try await Self.run(paths: 2) { bed in
        let before = try await bed.lab.succeed("sha256sum", [bed.backing])
        for flags in [[], ["-A"], ["-R"]] {
          try await bed.create(flags)
          let size = try await bed.lab.succeed("nbdinfo", ["--size", bed.daemon.uri("data")])
          #expect(size == "\(8 << 20)\n")
          try await bed.daemon.control("rotate", "data")
          try await bed.daemon.control("fail", "data", "p0")
          try await bed.daemon.control("restore", "data", "p0")
          try await bed.daemon.control("stop", "data")
        }
        try await bed.daemon.control("destroy", "data")
        #expect(try await bed.lab.succeed("sha256sum", [bed.backing]) == before)
      }
    }

    @Test(.needs(.fuse, .fio), .timeLimit(.minutes(2)))
    func m5PathsAreAddedAndRemovedUnderLoad() async throws {
      try await Self.run(paths: 3) { bed in
        try await bed.create(["-A"], using: 2)
        let fio = Fio(uri: bed.daemon.uri("data"), seconds: 6, sizeMebibytes: 8, depth: 8)
        let load = try fio.start(in: bed.lab)
        try await bed.wait { $0.paths.allSatisfy { $0.attempts > 0 } }
        try await bed.daemon.control("add", "data", bed.paths[2].file)
        // In active/active it gets its share at once.
        try await bed.wait { $0.paths.count == 3 && $0.paths[2].attempts > 100 }
        try await bed.daemon.control("remove", "data", "p2")
        // It has drained: nothing uses it any more, and it can be given to somebody else.
        try await bed.daemon.control("create", "other", bed.paths[2].file)
        #expect(load.isRunning, "the load was over too soon to mean anything")
        try await fio.finish(load)
        #expect(try await bed.daemon.stats().devices.first { $0.name == "data" }?.errors == 0)
      }
    }

    @Test(.needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func m6AFailedPathStaysListedAndNoRequestReachesIt() async throws {
      try await Self.run(paths: 2) { bed in
        try await bed.create(["-A"])
        try await bed.paths[0].breakNow()
        try await bed.io("write 0 4k", count: 4)
        #expect(try await bed.daemon.pathStates("data")["p0"] == .fail)
        let attempts = try await bed.device().paths[0].attempts
        try await bed.io("write 0 4k", count: 20)
        #expect(try await bed.device().paths[0].attempts == attempts)
        #expect(try await bed.daemon.pathStates("data")["p0"] == .fail)

        // Of a path that an operator took out not even a probe is seen: the server reads nothing more.
        try await bed.paths[0].mend()
        try await bed.daemon.waitForPath("p0", of: "data", in: [.active])
        try await bed.daemon.control("fail", "data", "p0")
        try await Task.sleep(for: .milliseconds(200))
        let before = bed.bytesReadByServer(0)
        try await bed.io("write 0 4k", count: 20)
        #expect(bed.bytesReadByServer(0) == before)
        #expect(before > 0)
      }
    }

    /// The path that failed first is healthy again, and the two that are in service break: FreeBSD gives up after as
    /// many tries as there are paths and may never try the healthy one.
    @Test(
      .needs(.fuse, .qemu), .timeLimit(.minutes(3)), arguments: [["-A"], ["-R"], []] as [[String]])
    func m7bAHealthyPathMarkedFailIsReachedWhenAllOthersBreakInEachOrder(
      flags: [String]
    ) async throws {
      try await Self.run(paths: 3) { bed in
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
          for path in bed.paths { try await path.mend() }
          // Probes would bring the healthy path back by themselves, which is not what is tested here.
          try await bed.create(
            ["--set", "probe-first=60000", "--set", "probe-longest=60"] + flags, order: order)
          if flags != ["-A"] { try await bed.daemon.control("prefer", "data", "p1") }
          try await bed.paths[1].breakNow()
          try await bed.io("write 0 4k", count: 3)
          #expect(try await bed.daemon.pathStates("data")["p1"] == .fail, "\(order)")
          try await bed.paths[1].mend()
          try await bed.paths[0].breakNow()
          try await bed.paths[2].breakNow()
          for operation in ["write -P 5 0 4k", "read -P 5 0 4k"] {
            try await bed.io(operation, count: 1)
          }
          #expect(try await bed.daemon.pathStates("data")["p1"] == .active, "\(order)")
          #expect(try await bed.device().errors == 0, "\(order)")
          try await bed.daemon.control("destroy", "--force", "data")
        }
      }
    }

    /// An operator's `fail` outlasts what auto-restore does; the compatible form does not.
    @Test(.needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func m8AHoldIsKeptWhenTheLastGoodPathFailsAndASoftOneIsNot() async throws {
      try await Self.run(paths: 2) { bed in
        try await bed.create([])
        try await bed.daemon.control("fail", "data", "p0")
        try await bed.paths[1].breakNow()
        #expect(try await bed.say("write 0 4k").contains("Input/output error"))
        #expect(try await bed.daemon.pathStates("data")["p0"] == .held)
        try await bed.paths[1].mend()
        try await bed.daemon.control("restore", "data", "p0")
        try await bed.daemon.waitForPath("p1", of: "data", in: [.active, .passive])

        try await bed.daemon.control("prefer", "data", "p1")
        try await bed.daemon.control("fail", "--soft", "data", "p0")
        #expect(try await bed.daemon.pathStates("data")["p0"] == .fail)
        try await bed.paths[1].breakNow()
        // Elsewhere: the first place is known to be bad on every path that was there, and blames none.
        try await bed.io("write 1M 4k", count: 1)
        #expect(try await bed.daemon.pathStates("data")["p0"] == .active)
      }
    }

    /// M10's counts; its throughput is measured by scripts/bench-modes.
    @Test(.needs(.fio), .timeLimit(.minutes(2)))
    func m10TwoEqualPathsGetEqualSharesOfAHundredThousandRequests() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        let right = lab.file("right.img")
        try await lab.succeed("ln", [left, right])
        try await daemon.control("create", "--allow-duplicate", "data", left, right)
        #expect(try await daemon.status("data").mode == .activePassive)
        try await daemon.control("configure", "-A", "data")
        let before = try #require(try await daemon.stats().devices.first)
        try await lab.succeed(
          "fio",
          [
            "--name=count", "--ioengine=nbd", "--uri=\(daemon.uri("data"))", "--rw=randread",
            "--bs=4k", "--iodepth=16", "--size=8m", "--io_size=\(100_000 * 4096)",
          ], atMostSeconds: 100)
        let after = try #require(try await daemon.stats().devices.first)
        let counts = zip(after.paths, before.paths).map { Double($0.reads - $1.reads) }
        #expect(counts[0] + counts[1] >= 100_000)
        #expect(abs(counts[0] - counts[1]) <= 0.02 * max(counts[0], counts[1]), "\(counts)")
        try await daemon.stop()
      }
    }

    @Test(.needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func m14OneRequestAtATimeGoesRoundAllPaths() async throws {
      try await Self.run(paths: 3) { bed in
        try await bed.create(["-A"])
        // The kernel's own order of a client with one request at a time; qemu-io reads nothing besides.
        let before = try await bed.device().paths.map { $0.reads }
        for round in 1...10 {
          try await bed.io("read 0 4k", count: 3)
          let now = try await bed.device().paths.map { $0.reads }
          let shares = zip(now, before).map { $0 - $1 }
          #expect(shares == [UInt64](repeating: UInt64(round), count: 3))
        }
      }
    }

    @Test(.needs(.fuse, .fio), .timeLimit(.minutes(1)))
    func m14SixtyFourRequestsAtOnceAreSpreadEvenly() async throws {
      try await Self.run(paths: 3) { bed in
        try await bed.create(["-A"])
        for path in bed.paths { try await path.hold() }
        let load = try bed.lab.start(
          "fio",
          [
            "--name=spread", "--ioengine=nbd", "--uri=\(bed.daemon.uri("data"))", "--rw=randread",
            "--bs=4k", "--iodepth=64", "--size=8m", "--io_size=4m", "--norandommap",
          ])
        // Nobody answers, so all that the client may have under way is with the paths.
        try await bed.wait { $0.paths.map { $0.outstanding }.reduce(0, +) >= 64 }
        let outstanding = try await bed.device().paths.map { $0.outstanding }
        for path in bed.paths { try await path.free() }
        let spread = (outstanding.max() ?? 0) - (outstanding.min() ?? 0)
        #expect(outstanding.reduce(0, +) == 64 && spread <= 1, "\(outstanding)")
        #expect(try await load.wait(atMostSeconds: 30) == .exited(0), "\(load.errors)")
        #expect(try await bed.device().errors == 0)
      }
    }

    // MARK: The bed

    private struct Bed {
      let lab: Lab
      let daemon: TestDaemon
      let backing: String
      let paths: [FaultPath]

      /// - Parameter order: In which the paths are attached; else the first `count`, or all.
      func create(
        _ flags: [String], using count: Int? = nil, order: [Int]? = nil
      ) async throws {
        let chosen = order ?? Array(paths.indices.prefix(count ?? paths.count))
        let files = chosen.map { paths[$0].file }
        // On a busy machine a path may be silent for longer than its siblings, which is not what is tested here.
        let patient = ["--set", "stall-floor=30000"]
        let result = try await daemon.mpctl(["create"] + patient + flags + ["data"] + files)
        try #require(result.status == 0, "\(result.errors)")
      }

      func device() async throws -> DeviceStats {
        try #require(try await daemon.stats().devices.first { $0.name == "data" })
      }

      /// Runs a command of qemu-io several times in one connection; each must succeed.
      func io(
        _ command: String, count: Int, sourceLocation: SourceLocation = #_sourceLocation
      ) async throws {
        let words = (0..<count).flatMap { _ in ["-c", command] }
        let result = try await lab.run(
          "qemu-io", ["-f", "raw", "-t", "none"] + words + [daemon.uri("data")])
        let said = result.output + result.errors
        #expect(result.status == 0, "\(said)", sourceLocation: sourceLocation)
        for word in ["rror", "ailed"] {
          #expect(!said.contains(word), "\(said)", sourceLocation: sourceLocation)
        }
      }

      func say(_ command: String) async throws -> String {
        let result = try await lab.run("qemu-io", ["-f", "raw", "-c", command, daemon.uri("data")])
        return result.output + result.errors
      }

      /// What the server behind a path has read, requests included.
      func bytesReadByServer(_ path: Int) -> Int {
        let pid = Files.text(lab.file("p\(path).nbdkit.pid")).filter { $0.isNumber }
        let line = Files.text("/proc/\(pid)/io").split(separator: "\n").first
        return line.flatMap { Int($0.filter { $0.isNumber }) } ?? 0
      }

      func wait(
        sourceLocation: SourceLocation = #_sourceLocation, _ isSo: (DeviceStats) -> Bool
      ) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while clock.now < deadline {
          if isSo(try await device()) { return }
          try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(try await device())", sourceLocation: sourceLocation)
      }
    }

    private static func run(paths count: Int, _ body: (Bed) async throws -> Void) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try await lab.randomImage("backing.img", mebibytes: 8)
        var paths: [FaultPath] = []
        for number in 0..<count {
          paths.append(try await FaultPath.up("p\(number)", in: lab, backing: backing))
        }
        try await body(Bed(lab: lab, daemon: daemon, backing: backing, paths: paths))
        try await daemon.stop()
      }
    }
  }
}

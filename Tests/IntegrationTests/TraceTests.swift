internal import Control
internal import Glibc
internal import Testing

extension Integration {
  /// A live device's decisions, recorded by `mpctl trace` and decided once more by `mpsim replay`.
  @Suite struct TraceTests {
    @Test(.needs(.fuse, .fio), .timeLimit(.minutes(2)))
    func aReplayTellsOfTheFailoverThatWasRecorded() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 64)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        let two = try await FaultPath.up("two", in: lab, backing: backing)
        try await daemon.control("create", "data", one.file, two.file)
        let fio = Fio(uri: daemon.uri("data"), seconds: 15, sizeMebibytes: 64)
        let process = try fio.start(in: lab)
        try await Task.sleep(for: .seconds(2))

        // The device has lived for a while, and has requests under way, when the trace begins.
        let trace = try lab.start(
          HostEnvironment.programDirectory + "/mpctl",
          ["trace", "data", "--run-dir", daemon.runDirectory])
        try await Self.wait { Files.exists(lab.file("data.trace")) }
        try await one.breakNow()
        try await daemon.waitForPath("two", of: "data", in: [.active])
        try await Task.sleep(for: .milliseconds(500))
        trace.signal(SIGINT)
        #expect(try await trace.wait(atMostSeconds: 30) == .exited(0), "\(trace.errors)")
        #expect(trace.errors == "")
        #expect(trace.output.hasPrefix("data.trace: "))
        try await one.mend()
        try await fio.finish(process)
        try await daemon.stop()

        let replay = try await Self.replay(["data.trace"], in: lab)
        #expect(replay.status == 0, "\(replay)")
        #expect(replay.output.contains("the same was decided"))
        let counted = trace.output.split(separator: " ").dropFirst().first ?? ""
        #expect(replay.output.contains("\n\(counted) inputs"), "\(trace.output)")
        let story = try await Self.replay(["data.trace", "--verbose"], in: lab)
        // What is looked for, so that a failure does not print the whole of it.
        let news = story.output.split(separator: "\n").filter {
          $0.contains("event: ") || $0.contains("!!")
        }
        #expect(news.contains { $0.hasSuffix("event: failover from one to two") }, "\(news)")
        #expect(news.contains { $0.contains("event: one failed: errno 5") }, "\(news)")
        #expect(!news.contains { $0.contains("!!") }, "\(news)")
        // What was recorded belongs to whoever recorded it.
        #expect(try await lab.succeed("stat", ["-c", "%a", lab.file("data.trace")]) == "600\n")
      }
    }

    @Test(.needs(.libnbd), .timeLimit(.minutes(1)))
    func aTraceLastsUntilItIsInterrupted() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("disk.img", mebibytes: 8))
        let words = ["trace", "data", "-o", "x.trace", "--run-dir", daemon.runDirectory]
        let mpctl = HostEnvironment.programDirectory + "/mpctl"
        let trace = try lab.start(mpctl, words)
        try await Self.wait { Files.exists(lab.file("x.trace")) }
        try await daemon.refuse(["trace", "data", "-o", "y.trace"], saying: ["traced already"])
        #expect(!Files.exists(lab.file("y.trace")), "nothing is left of a trace that was refused")
        try await lab.succeed("nbdcopy", [daemon.uri("data"), "null:"])
        trace.signal(SIGINT)
        #expect(try await trace.wait(atMostSeconds: 30) == .exited(0), "\(trace.errors)")
        #expect(try await Self.replay(["x.trace"], in: lab).status == 0)

        // The device can be traced again, into another file or over this one.
        try await daemon.refuse(
          ["trace", "data", "-o", lab.file("x.trace"), "--seconds", "1"], saying: ["exists already"]
        )
        try await daemon.control(
          "trace", "data", "-o", lab.file("x.trace"), "--force", "--seconds", "1")
        #expect(try await Self.replay(["x.trace"], in: lab).status == 0)
        try await daemon.stop()
      }
    }

    @Test(.needs(.libnbd), .timeLimit(.minutes(1)))
    func aTraceEndsWithItsDevice() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("disk.img", mebibytes: 8))
        let mpctl = HostEnvironment.programDirectory + "/mpctl"
        let trace = try lab.start(mpctl, ["trace", "data", "--run-dir", daemon.runDirectory])
        try await Self.wait { Files.exists(lab.file("data.trace")) }
        try await daemon.control("destroy", "data")
        #expect(try await trace.wait(atMostSeconds: 30) == .exited(0), "\(trace.errors)")
        #expect(trace.errors.contains("the device was destroyed"))
        #expect(try await Self.replay(["data.trace"], in: lab).status == 0)
        try await daemon.stop()
      }
    }

    /// A client that takes nothing is told what it has missed, and the device goes on meanwhile.
    @Test(.needs(.fio), .timeLimit(.minutes(2)))
    func aClientThatTakesNothingStopsNobody() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("disk.img", mebibytes: 64))
        let mpctl = HostEnvironment.programDirectory + "/mpctl"
        let trace = try lab.start(mpctl, ["trace", "data", "--run-dir", daemon.runDirectory])
        try await Self.wait { Files.exists(lab.file("data.trace")) }
        trace.signal(SIGSTOP)
        // Longer than the chunks that may wait can last, of a quarter of a second each at most.
        try await lab.succeed(
          "fio",
          [
            "--name=load", "--ioengine=nbd", "--uri=\(daemon.uri("data"))", "--rw=randread",
            "--bs=4k", "--iodepth=32", "--size=64m", "--time_based", "--runtime=25",
          ], atMostSeconds: 90)
        trace.signal(SIGCONT)
        #expect(try await trace.wait(atMostSeconds: 30) == .exited(0), "\(trace.errors)")
        #expect(trace.errors.contains("inputs missing"), "\(trace.errors)")
        let replay = try await Self.replay(["data.trace"], in: lab)
        #expect(replay.status == 0, "\(replay)")
        #expect(replay.output.contains("inputs missing"))
        try await daemon.stop()
      }
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNoTraceIsRefused() async throws {
      try await Lab.run { lab in
        let file = try lab.image("zeroes.img", mebibytes: 1)
        let zeroes = try await Self.replay([file], in: lab)
        #expect(zeroes.status == 1)
        #expect(zeroes.errors.contains("not a trace"), "\(zeroes)")
        let missing = try await Self.replay(["nothing.trace"], in: lab)
        #expect(missing.status == 1)
        #expect(missing.errors.contains("cannot be opened"), "\(missing)")
      }
    }

    /// A resize ended a trace: it was told to the machine in a way that no trace could hold.
    @Test(.needs(.qemu), .timeLimit(.minutes(1)))
    func aTraceGoesOnThroughAResize() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 8)
        try await daemon.control("create", "data", disk)
        let trace = try lab.start(
          HostEnvironment.programDirectory + "/mpctl",
          ["trace", "data", "-o", lab.file("x.trace"), "--run-dir", daemon.runDirectory])
        try await Self.wait { Files.exists(lab.file("x.trace")) }
        try await lab.succeed("truncate", ["-s", "4M", disk])
        try await daemon.refuse(["resize", "data"], saying: ["shrunk to \(4 << 20) bytes"])
        try await lab.succeed("truncate", ["-s", "16M", disk])
        #expect(try await daemon.control("resize", "data") == "\(16 << 20)\n")
        try await lab.succeed(
          "qemu-io", ["-f", "raw", "-c", "write 12M 64k", daemon.uri("data")])
        trace.signal(SIGINT)
        #expect(try await trace.wait(atMostSeconds: 30) == .exited(0), "\(trace.errors)")
        try await daemon.stop()

        let story = try await Self.replay(["x.trace", "--verbose"], in: lab)
        #expect(story.status == 0, "\(story.errors)")
        let sizes = story.output.split(separator: "\n").filter { $0.contains("the medium has") }
        #expect(sizes.map { $0.hasSuffix("\(4 << 20) bytes") }.first == true, "\(sizes)")
        #expect(sizes.last?.hasSuffix("\(16 << 20) bytes") == true, "\(sizes)")
        #expect(story.output.contains("write 65536 bytes at \(12 << 20)"))
      }
    }

    private static func replay(_ operands: [String], in lab: Lab) async throws -> Lab.Result {
      try await lab.run(HostEnvironment.programDirectory + "/mpsim", ["replay"] + operands)
    }

    private static func wait(until isDone: () -> Bool) async throws {
      let deadline = ContinuousClock.now + .seconds(20)
      while !isDone() {
        guard ContinuousClock.now < deadline else { throw LabError("waited in vain") }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }
}

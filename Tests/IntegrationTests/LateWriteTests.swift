internal import Control
internal import Testing

extension Integration {
  /// Writes that are still on their way to a server when their path is left.
  @Suite struct LateWriteTests {
    /// One way of leaving a path, and whether an acknowledged write survives it.
    struct Case: CustomTestStringConvertible {
      let options: [String]
      let trouble: String
      let isKept: Bool
      /// Cuts the path off with a command, named by the test.
      var fences = false

      var testDescription: String {
        let fence = fences ? " with a fence" : ""
        return "\(trouble) \(options.joined(separator: " "))\(fence): \(isKept ? "kept" : "lost")"
      }
    }

    /// With nothing in between, an old write that lands late undoes an acknowledged one: that this is shown is
    /// what makes the other cases worth something.
    static let cases = [
      Case(options: ["--cache", "shared", "--quiesce", "0"], trouble: "cut", isKept: false),
      Case(options: ["--cache", "private", "--quiesce", "0"], trouble: "cut", isKept: false),
      Case(options: ["--cache", "shared", "--quiesce", "4"], trouble: "cut", isKept: true),
      Case(options: ["--cache", "private", "--quiesce", "4"], trouble: "cut", isKept: true),
      Case(options: ["--cache", "shared", "--quiesce", "0"], trouble: "stall", isKept: true),
      Case(
        options: ["--cache", "shared", "--quiesce", "600"], trouble: "cut", isKept: true,
        fences: true),
      Case(
        options: ["--cache", "private", "--quiesce", "600"], trouble: "cut", isKept: true,
        fences: true),
    ]

    @Test(.needs(.nbdkit, .libnbd, .libnbdPython), .timeLimit(.minutes(2)), arguments: cases)
    func aLateWriteUndoesANewerOneOnlyWithoutProtection(_ each: Case) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let bed = try await Bed(lab)
        var words = ["create"] + each.options
        if each.fences {
          words += ["--fence-command", "/usr/bin/touch \(bed.orders).fence; /bin/echo"]
        }
        let made = try await daemon.mpctl(words + ["data", bed.held, bed.other.uri])
        try #require(made.status == 0, "\(made.errors)")
        try await lab.script(
          "latewrite.py",
          [daemon.uri("data"), bed.orders, each.isKept ? "kept" : "lost", each.trouble],
          atMostSeconds: 90)
        let events = try await daemon.control("events", "data")
        #expect(events.contains("fence-succeeded") == each.fences, "\(events)")
        // What the shell appended: device, old path, new path.
        if each.fences {
          #expect(daemon.process.errors.contains("data \(bed.held) \(bed.other.uri)"))
        }
        try await daemon.stop()
      }
    }

    @Test(.needs(.nbdkit, .libnbd, .libnbdPython), .timeLimit(.minutes(2)))
    func changesWaitForAFenceThatFailsUntilAnOperatorDoesWithout() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let bed = try await Bed(lab)
        try await daemon.control(
          "create", "--cache", "shared", "--quiesce", "10", "--fence-timeout", "1",
          "--fence-command", "/bin/sleep 60 #", "data", bed.held, bed.other.uri)
        let write = try lab.start(
          Lab.python,
          ["-B", lab.scripts + "/latewrite.py", daemon.uri("data"), bed.orders, "kept", "cut"])
        while try await !daemon.control("events", "data").contains("fence-failed") {
          try #require(write.isRunning, "\(write.errors)")
          try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await daemon.status("data").heldRequests == 1)
        #expect(daemon.process.errors.contains("not ended within 1 s"))
        // Reads go on meanwhile.
        try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back")])
        try await daemon.control("set", "data", "fence-command=none")
        #expect(try await write.wait(atMostSeconds: 60) == .exited(0), "\(write.errors)")
        try await daemon.stop()
      }
    }

    /// A stall of a fraction of a second had the server cut off that was about to go on.
    @Test(
      .needs(.nbdkit, .libnbd, .qemu), .timeLimit(.minutes(2)), arguments: [true, false])
    func aPathIsFencedOnlyIfItDoesNotAnswerForAWhile(doesAnswer: Bool) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try lab.image("image", mebibytes: 8)
        let one = try await NBDServer.nbdkit("one", in: lab, image: image)
        let two = try await NBDServer.nbdkit("two", in: lab, image: image)
        let mark = lab.file("fenced")
        try await daemon.control(
          "create", "--cache", "shared", "--fence-command", "/usr/bin/touch \(mark) #", "--set",
          "fence-delay=\(doesAnswer ? 3600 : 1)", "data", one.uri, two.uri)
        try await daemon.control("prefer", "data", "one")
        one.stop()
        let write = try lab.start(
          "qemu-io", ["-f", "raw", "-c", "write -P 7 0 64k", daemon.uri("data")])
        while try await !daemon.control("events", "data").contains("fence-began") {
          try #require(write.isRunning, "\(write.errors)")
          try await Task.sleep(for: .milliseconds(20))
        }
        if doesAnswer { one.resume() }
        #expect(try await write.wait(atMostSeconds: 60) == .exited(0), "\(write.errors)")
        let events = try await daemon.control("events", "data")
        #expect(events.contains("fence-not-needed") == doesAnswer, "\(events)")
        #expect(events.contains("fence-succeeded") != doesAnswer, "\(events)")
        #expect(try await lab.run("test", ["-e", mark]).status == (doesAnswer ? 1 : 0))
        if doesAnswer { try await daemon.waitForPath("one", of: "data", in: [.active, .passive]) }
        try await lab.succeed(
          "qemu-io", ["-f", "raw", "-c", "read -P 7 0 64k", daemon.uri("data")])
        try await daemon.stop()
      }
    }

    /// With one path there is nobody to compare it with, so only this ends the wait for a road that swallows
    /// everything.
    @Test(.needs(.nbdkit, .libnbd, .libnbdPython, .qemu), .timeLimit(.minutes(3)))
    func aConnectionOnWhichNothingIsHeardIsEndedAndMadeAnew() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let bed = try await Bed(lab)
        try await daemon.control("create", "data", bed.held)
        try Files.write("hold", to: bed.orders)
        let read = try lab.start(
          "qemu-io", ["-f", "raw", "-c", "read -P 0 0 64k", daemon.uri("data")])
        try await daemon.waitForPath("road", of: "data", in: [.lost], atMostSeconds: 90)
        let status = try await daemon.status("data")
        #expect(status.paths.first?.state == .lost)
        #expect(daemon.process.errors.contains("server answered nothing for 3"))
        try await lab.succeed("rm", [bed.orders])
        #expect(try await read.wait(atMostSeconds: 60) == .exited(0), "\(read.errors)")
        try await daemon.stop()
      }
    }

    /// Two servers for one image, the first behind a road that can hold things up.
    struct Bed {
      let orders: String
      let held: String
      let other: NBDServer

      init(_ lab: Lab) async throws {
        let image = try lab.image("image", mebibytes: 8)
        let server = try await NBDServer.nbdkit("one", in: lab, image: image)
        other = try await NBDServer.nbdkit("two", in: lab, image: image)
        orders = lab.file("orders")
        let socket = lab.file("road")
        held = "nbd+unix:///?socket=\(socket)"
        let road = try lab.start(
          Lab.python, ["-B", lab.scripts + "/holdup.py", socket, server.socket, orders])
        while road.output != "there\n" {
          try #require(road.isRunning, "\(road.errors)")
          try await Task.sleep(for: .milliseconds(20))
        }
      }
    }
  }
}

internal import Glibc
internal import Testing

extension Integration {
  /// A daemon that comes after one that was killed, and devices of the kernel where it has none.
  @Suite struct TakeoverTests {
    /// A killed daemon's attempts may still reach the medium: with a hung path its successor served at once, and
    /// could have acknowledged a write that the old one then overwrote.
    @Test(.needs(.fuse, .libnbd), .timeLimit(.minutes(2)))
    func nothingIsServedWhileAttemptsOfAKilledDaemonAreUnderWay() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 8)
        let data = try await lab.randomImage("data.img", mebibytes: 8)
        let one = try await FaultPath.up("one", in: lab, backing: backing)
        try await daemon.control("create", "data", one.file)
        try await one.stop()
        let copy = try lab.start("nbdcopy", [data, daemon.uri("data")])
        try await Task.sleep(for: .seconds(1))
        #expect(copy.isRunning)
        daemon.process.signal(SIGKILL)
        let next = try lab.start(
          HostEnvironment.programDirectory + "/mpathd", ["--run-dir", daemon.runDirectory])
        try await Task.sleep(for: .seconds(2))
        #expect(next.isRunning, "\(next.errors)")
        #expect(next.output.isEmpty)
        #expect(next.errors.contains("waiting for the mpathd before this one"), "\(next.errors)")
        try await one.resume()
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while !next.output.contains("ready"), clock.now < deadline {
          try await Task.sleep(for: .milliseconds(20))
        }
        #expect(next.output.contains("ready: 1 devices"), "\(next.output)\(next.errors)")
        next.signal(SIGTERM)
        #expect(try await next.wait(atMostSeconds: 30) == .exited(0), "\(next.errors)")
      }
    }

    @Test(.needs(.libnbd), .timeLimit(.minutes(2)))
    func anUpgradedDaemonIsTheSameProcessWithTheSameDevices() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try await lab.randomImage("data.img", mebibytes: 8)
        try await daemon.control("create", "data", image)
        for _ in 0..<3 {
          let said = try await daemon.control("daemon", "upgrade")
          #expect(said.contains("runs as process \(daemon.process.pid)"), "\(said)")
          let copy = lab.file("copy.img")
          try await lab.succeed("nbdcopy", [daemon.uri("data"), copy])
          try await lab.succeed("cmp", [image, copy])
        }
        try await daemon.stop()
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func aDaemonThatRemembersNothingIsNotUpgraded() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab, options: ["--no-state"])
        try await daemon.refuse(["daemon", "upgrade"], saying: ["remembers no devices"])
        try await daemon.stop()
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func aKernelWithoutNBDIsNamed() async throws {
      // Where the module is loaded, scripts/test-kernel says what attach does.
      guard unsafe access("/sys/module/nbd", F_OK) != 0 else { return }
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        try await daemon.control("create", "data", try lab.image("one.img", mebibytes: 8))
        try await daemon.refuse(["attach", "data"], saying: ["NBD client"])
        try await daemon.refuse(["attach", "data", "/dev/sda"], saying: ["/dev/sda"])
        try await daemon.refuse(["detach", "data"], saying: ["not attached"])
        let result = try await daemon.mpctl(["attach", "data"])
        #expect(result.errors.contains("modprobe nbd"), "\(result.errors)")
        try await daemon.control("destroy", "data")
        try await daemon.stop()
      }
    }
  }
}

internal import Control
internal import Testing

extension Integration {
  /// The house rule that a request costs no allocation.
  @Suite struct AllocationTests {
    @Test(.needs(.fio, .releasePrograms), .timeLimit(.minutes(3)))
    func aRequestCostsNoAllocation() async throws {
      try await Lab.run { lab in
        let daemon = try await Self.daemon(in: lab)
        let left = try lab.image("left.img", mebibytes: 64)
        let right = lab.file("right.img")
        try await lab.succeed("ln", [left, right])
        try await daemon.control(
          "create", "-A", "--buffered", "--allow-duplicate", "data", left, right)
        try await Self.expectNoAllocations(lab, daemon)
      }
    }

    /// The same where servers are the paths.
    @Test(.needs(.fio, .nbdkit, .releasePrograms), .timeLimit(.minutes(3)))
    func aRequestToAServerCostsNoAllocation() async throws {
      try await Lab.run { lab in
        let daemon = try await Self.daemon(in: lab)
        let image = try lab.image("image", mebibytes: 64)
        let left = try await NBDServer.nbdkit("left", in: lab, ["file", image])
        let right = try await NBDServer.nbdkit("right", in: lab, ["file", image])
        try await daemon.control(
          "create", "-A", "--cache", "shared", "data", left.uri, right.uri)
        try await Self.expectNoAllocations(lab, daemon)
      }
    }

    /// One that looks at no disks and hears nothing of them: each event about one costs allocations, a few hundred where
    /// it is looked at, and what else runs on the machine may make many.
    private static func daemon(in lab: Lab) async throws -> TestDaemon {
      try await TestDaemon.start(
        in: lab, environment: ["MPATHD_COUNT_ALLOCATIONS": "1"],
        options: ["--no-taste", "--no-uevents"])
    }

    private static func expectNoAllocations(_ lab: Lab, _ daemon: TestDaemon) async throws {
      // Once for what is made at its first use.
      try await lab.load(daemon.uri("data"), requests: 20_000)

      let before = try await daemon.counts()
      let idle = try await daemon.counts()
      try await lab.load(daemon.uri("data"), requests: 200_000)
      let after = try await daemon.counts()
      let requests = after.requests - before.requests
      // What asking costs is not the requests' fault.
      let asking = idle.allocations - before.allocations
      let allocations = after.allocations - idle.allocations
      #expect(requests >= 200_000)
      // One in a hundred requests would be far more than what the control side does meanwhile.
      #expect(
        allocations < asking + requests / 100,
        "\(allocations) allocations for \(requests) requests, \(asking) for a question")
      print("\(allocations) allocations for \(requests) requests, \(asking) for a question")
    }

    @Test(.needs(.releasePrograms), .timeLimit(.minutes(1)))
    func aDecisionCostsNoAllocationWhateverTheSelector() async throws {
      try await Lab.run { lab in
        let output = try await lab.succeed(
          HostEnvironment.programDirectory + "/mpbench",
          ["machine", "--rounds", "1", "--requests", "200000"])
        let lines = output.split(separator: "\n")
        for name in [
          "active-passive", "active-active", "active-read", "round-robin", "queue-length",
          "service-time", "latency",
        ] {
          let line = lines.first { $0.hasPrefix(name + ":") }
          #expect(line?.hasSuffix(", 0 allocations") == true, "\(output)")
        }
        print(output)
      }
    }
  }
}

extension Lab {
  /// Reads and writes of 4 KiB, so many in all.
  fileprivate func load(_ uri: String, requests: Int) async throws {
    try await succeed(
      "fio",
      [
        "--name=load", "--ioengine=nbd", "--uri=\(uri)", "--rw=randrw", "--bs=4k",
        "--iodepth=32", "--size=64m", "--io_size=\(requests * 4)k", "--norandommap",
      ], atMostSeconds: 120)
  }
}

extension TestDaemon {
  fileprivate func counts() async throws -> (requests: UInt64, allocations: UInt64) {
    let stats = try await stats()
    return (stats.requests, try #require(stats.allocations))
  }
}

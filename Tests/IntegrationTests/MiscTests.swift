internal import Control
internal import Testing

extension Integration {
  /// FreeBSD's own suite for gmultipath (tests/sys/geom/class/multipath), case by case under its names. What
  /// it asserts is read from the text of `list` and `getactive`, as it does; `fail` is `fail --soft`, whose
  /// state is gmultipath's. The paths return EIO from the kernel.
  @Suite struct MiscTests {
    @Test("misc/add", .needs(.fuse), .timeLimit(.minutes(1)))
    func add() async throws {
      try await Self.run(["create", "two"]) { bed in
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE")
        try await bed.daemon.control("add", "two", bed.paths[2].file)
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE", "PASSIVE")
      }
    }

    @Test("misc/create_A", .needs(.fuse), .timeLimit(.minutes(1)))
    func createA() async throws {
      try await Self.run(["create", "-A", "two"]) { bed in
        try await bed.check("md1 md0", "OPTIMAL", "ACTIVE", "ACTIVE")
      }
    }

    @Test("misc/create_R", .needs(.fuse), .timeLimit(.minutes(1)))
    func createR() async throws {
      try await Self.run(["create", "-R", "two"]) { bed in
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "READ")
      }
    }

    /// FreeBSD takes a path that has gone off its list and attaches it anew as it returns; here it stays on the
    /// list as LOST meanwhile. By its label it is known in both.
    @Test("misc/depart_and_arrive", .needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func departAndArrive() async throws {
      try await Self.run(["label", "two"], using: 1) { bed in
        try await bed.daemon.control("add", "two", bed.paths[1].file)
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE")
        try await bed.paths[0].die()
        try await bed.write()
        try await bed.check("md1", "DEGRADED", "LOST", "ACTIVE")
        try await bed.paths[0].leave()
        try await bed.write()
        try await bed.check("md1", "DEGRADED", "LOST", "ACTIVE")
        _ = try await FaultPath.up("md0", in: bed.lab, backing: bed.backing)
        try await bed.daemon.waitForPath("md0", of: "two", in: [.passive])
        try await bed.check("md1", "OPTIMAL", "PASSIVE", "ACTIVE")

        // Another medium that arrives in its place is not taken for it.
        try await bed.paths[0].die()
        try await bed.daemon.control("prefer", "two", "md0")
        try await bed.write()
        try await bed.paths[0].leave()
        let other = try bed.lab.image("other.img", mebibytes: 1)
        _ = try await FaultPath.up("md0", in: bed.lab, backing: other)
        try await bed.daemon.waitForPath("md0", of: "two", in: [.foreign])
        try await bed.check("md1", "DEGRADED", "FOREIGN", "ACTIVE")
      }
    }

    @Test("misc/fail", .needs(.fuse), .timeLimit(.minutes(1)))
    func fail() async throws {
      try await Self.run(["create", "two"]) { bed in
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE")
        try await bed.daemon.control("fail", "--soft", "two", "md0")
        try await bed.check("md1", "DEGRADED", "FAIL", "ACTIVE")
      }
    }

    @Test("misc/fail_on_error", .needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func failOnError() async throws {
      try await Self.run(["create", "two"]) { bed in
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE")
        try await bed.paths[0].breakNow()
        try await bed.write()
        try await bed.check("md1", "DEGRADED", "FAIL", "ACTIVE")
      }
    }

    /// FreeBSD asks the provider for its attribute GEOM::physpath; a client of NBD asks for an export's
    /// description. The disks' own physical path is what udev's database has of them.
    @Test(
      "misc/physpath", .needs(.loopDevices, .noUdev, .libnbd), .timeLimit(.minutes(1)))
    func physpath() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 1)
        var nodes: [String] = []
        for _ in 0..<2 {
          let loop = try await LoopDevice.attach(backing, in: lab)
          try await Udev.set("ID_PATH", to: "pci-0000:00:1f.2-ata-1", of: loop, in: lab)
          nodes.append(loop.node)
        }
        try await daemon.control("create", "two", nodes[0], nodes[1])
        let info = try await lab.succeed("nbdinfo", [daemon.uri("two")])
        #expect(info.contains("description: pci-0000:00:1f.2-ata-1/mp\n"), "\(info)")
        let list = try await daemon.control("list", "two")
        #expect(list.contains("\nPhyspath: pci-0000:00:1f.2-ata-1/mp\n"), "\(list)")
        // Where they differ there is no one place to tell.
        let other = try await LoopDevice.attach(backing, in: lab)
        try await Udev.set("ID_PATH", to: "pci-0000:00:1f.2-ata-2", of: other, in: lab)
        try await daemon.control("add", "two", other.node)
        #expect(try await daemon.status("two").physicalPath == nil)
        try await daemon.stop()
      }
    }

    @Test("misc/prefer", .needs(.fuse), .timeLimit(.minutes(1)))
    func prefer() async throws {
      try await Self.run(["create", "three"]) { bed in
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE", "PASSIVE")
        try await bed.daemon.control("prefer", "three", "md2")
        try await bed.check("md2", "OPTIMAL", "PASSIVE", "PASSIVE", "ACTIVE")
      }
    }

    @Test("misc/restore", .needs(.fuse), .timeLimit(.minutes(1)))
    func restore() async throws {
      try await Self.run(["create", "two"]) { bed in
        try await bed.daemon.control("fail", "--soft", "two", "md0")
        try await bed.check("md1", "DEGRADED", "FAIL", "ACTIVE")
        try await bed.daemon.control("restore", "two", "md0")
        try await bed.check("md1", "OPTIMAL", "PASSIVE", "ACTIVE")
      }
    }

    /// M8 in its compatible form: the last good path fails, and the one that an operator failed returns.
    @Test("misc/restore_on_error", .needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func restoreOnError() async throws {
      try await Self.run(["create", "two"]) { bed in
        try await bed.daemon.control("fail", "--soft", "two", "md0")
        try await bed.check("md1", "DEGRADED", "FAIL", "ACTIVE")
        try await bed.paths[1].breakNow()
        try await bed.write()
        try await bed.check("md0", "DEGRADED", "ACTIVE", "FAIL")
      }
    }

    @Test("misc/rotate", .needs(.fuse), .timeLimit(.minutes(1)))
    func rotate() async throws {
      try await Self.run(["create", "three"]) { bed in
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE", "PASSIVE")
        try await bed.daemon.control("rotate", "three")
        try await bed.check("md2", "OPTIMAL", "PASSIVE", "PASSIVE", "ACTIVE")
        try await bed.daemon.control("rotate", "three")
        try await bed.check("md1", "OPTIMAL", "PASSIVE", "ACTIVE", "PASSIVE")
        try await bed.daemon.control("rotate", "three")
        try await bed.check("md0", "OPTIMAL", "ACTIVE", "PASSIVE", "PASSIVE")
      }
    }

    /// M7(a): both paths always fail. One error, no hang, and at most two restores.
    @Test("failloop/failloop", .needs(.fuse, .qemu), .timeLimit(.minutes(1)))
    func failloop() async throws {
      try await Self.run(["create", "two"]) { bed in
        for path in bed.paths.prefix(2) { try await path.breakNow() }
        let write = try await bed.lab.run(
          "qemu-io", ["-f", "raw", "-c", "write 0 4k", bed.daemon.uri("two")])
        #expect((write.output + write.errors).contains("Input/output error"), "\(write)")
        #expect(try await bed.daemon.stats().devices.first?.errors == 1)
        let events = try await bed.daemon.control("events", "two")
        let restores = events.split(separator: "\n").count { $0.contains("path-restored") }
        #expect((1...2).contains(restores), "\(events)")
      }
    }

    // MARK: The bed

    private struct Bed {
      let lab: Lab
      let daemon: TestDaemon
      let device: String
      let backing: String
      let paths: [FaultPath]

      /// FreeBSD's `check_multipath_state`: what `getactive` prints, the state of the device, and those of its
      /// paths in the order of `list`.
      func check(
        _ active: String, _ state: String, _ paths: String...,
        sourceLocation: SourceLocation = #_sourceLocation
      ) async throws {
        let list = try await daemon.control("list", device)
        let lines = list.split(separator: "\n").map { String($0) }
        let states = lines.filter { $0.hasPrefix("   State: ") }.map {
          String($0.dropFirst("   State: ".count))
        }
        #expect(lines.contains("State: " + state), "\(list)", sourceLocation: sourceLocation)
        // The provider's first, then those of the consumers.
        #expect(states == [state] + paths, "\(list)", sourceLocation: sourceLocation)
        let getactive = try await daemon.control("getactive", device)
        #expect(getactive == active + "\n", sourceLocation: sourceLocation)
      }

      /// `dd if=/dev/zero bs=4096 count=1`, which must succeed.
      func write(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let result = try await lab.run(
          "qemu-io", ["-f", "raw", "-c", "write 0 4k", daemon.uri(device)])
        #expect(
          !(result.output + result.errors).contains("rror"), "\(result)",
          sourceLocation: sourceLocation)
      }
    }

    /// Three paths to one medium; `create`'s last word says of how many the device is made.
    private static func run(
      _ create: [String], using count: Int? = nil, _ body: (Bed) async throws -> Void
    ) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let backing = try lab.image("backing.img", mebibytes: 1)
        var paths: [FaultPath] = []
        for number in 0..<3 {
          paths.append(try await FaultPath.up("md\(number)", in: lab, backing: backing))
        }
        let device = create[create.count - 1]
        let used = paths.prefix(count ?? (device == "two" ? 2 : 3)).map { $0.file }
        let result = try await daemon.mpctl(create + used)
        try #require(result.status == 0, "\(result.errors)")
        // On a busy machine a path may be silent for longer than its siblings, which is not what is tested here.
        try await daemon.control("set", device, "stall-floor=30000")
        try await body(
          Bed(lab: lab, daemon: daemon, device: device, backing: backing, paths: paths))
        try await daemon.stop()
      }
    }
  }
}

internal import BlockIO
internal import Multipath
internal import NBD
internal import Reactor
internal import Testing

extension Integration {
  /// NBD servers as paths, under clients that check every byte. The servers are others' programs.
  @Suite struct NetworkPathTests {
    static let size: UInt64 = 64 << 20

    @Test(.needs(.nbdkit, .fio), .timeLimit(.minutes(2)), arguments: [1, 4])
    func oneServerCarriesEverything(connections: Int) async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        let server = try await NBDServer.nbdkit("one", in: lab, ["file", image])
        let device = try await ReactorLab(
          in: lab, sizeBytes: Self.size, [.init(1, try server.connect(connections))])
        let fio = Fio(uri: device.uri, seconds: 6, sizeMebibytes: 64)
        try await fio.finish(try fio.start(in: lab))

        let snapshot = try await device.snapshot()
        #expect(snapshot.counters.errors == 0)
        #expect(snapshot.paths.map(\.connections) == [connections])
        #expect(snapshot.paths.allSatisfy { $0.record.counters.errors == 0 })
        try await device.destroy()
        // Every socket came back, and then nothing more.
        let last = device.reports.compactMap { report -> (Int, Bool)? in
          guard case .closed(_, 1, let descriptors, let isLast) = report else { return nil }
          return (descriptors.count, isLast)
        }
        #expect(last.map(\.0).reduce(0, +) == connections)
        #expect(last.map(\.1) == Array(repeating: false, count: connections - 1) + [true])
      }
    }

    @Test(
      .needs(.nbdkit, .fio), .timeLimit(.minutes(2)),
      arguments: [Mode.activePassive, .activeActive])
    func noByteIsLostWhenAServerIsKilled(_ mode: Mode) async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        let one = try await NBDServer.nbdkit("one", in: lab, ["file", image])
        let two = try await NBDServer.nbdkit("two", in: lab, ["file", image])
        let device = try await ReactorLab(
          in: lab, sizeBytes: Self.size, mode: mode, quietTime: .milliseconds(300),
          [.init(1, try one.connect(2)), .init(2, try two.connect(2))])
        let fio = Fio(uri: device.uri, seconds: 12, sizeMebibytes: 64)
        let process = try fio.start(in: lab)
        var kills = 0
        for (id, server) in [(UInt32(1), one), (2, two), (1, one)] {
          try await Task.sleep(for: .milliseconds(1500))
          device.takeReports()
          let start = device.reports.count
          try await server.kill()
          let reason = try await device.connectionLost(id, from: start)
          #expect(
            reason == .hungUp || reason == .failed(errno: Errno.econnreset)
              || reason == .failed(errno: Errno.epipe))
          try await server.startAgain()
          try await device.reopen(.init(id, try server.connect(2)))
          kills += 1
        }
        try await fio.finish(process)
        #expect(kills == 3)
        let snapshot = try await device.snapshot()
        #expect(snapshot.counters.errors == 0)
        #expect(snapshot.ghosts == 0)
        #expect(snapshot.paths.map(\.connections) == [2, 2])
        try await device.destroy()
      }
    }

    /// The server takes 64 KiB at a time and says so; it refuses what is longer or crooked.
    @Test(.needs(.nbdkit, .fio, .qemu, .libnbd), .timeLimit(.minutes(2)))
    func requestsAreCutToWhatTheServerTakes() async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        let server = try await NBDServer.nbdkit(
          "small", in: lab,
          [
            "file", image, "blocksize-minimum=512", "blocksize-preferred=4096",
            "blocksize-maximum=65536", "blocksize-error-policy=error",
          ], options: ["--filter=blocksize-policy"])
        let connections = try server.connect()
        #expect(connections[0].export.maximumBlockBytes == 65536)
        let device = try await ReactorLab(
          in: lab, sizeBytes: Self.size, [.init(1, connections)])
        try await lab.succeed(
          "qemu-io",
          [
            "-f", "raw", "-c", "write -P 1 0 64M", "-c", "write -z 16M 16M", "-c",
            "discard 40M 8M", "-c", "read -P 1 0 16M", "-c", "read -P 0 16M 16M", "-c",
            "read -P 1 32M 8M", "-c", "flush", device.uri,
          ])
        try await lab.succeed("nbdcopy", [device.uri, lab.file("copy")])
        try await lab.succeed("cmp", [image, lab.file("copy")])
        #expect(try await device.snapshot().counters.errors == 0)
        try await device.destroy()
      }
    }

    /// Without FUA a flush follows the write; without WRITE_ZEROES zeroes are written; without TRIM a discard
    /// is a hint that nobody takes.
    @Test(.needs(.nbdkit, .qemu), .timeLimit(.minutes(1)))
    func whatAServerLacksIsDoneOtherwise() async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        let log = lab.file("requests")
        let server = try await NBDServer.nbdkit(
          "plain", in: lab,
          ["file", image, "zeromode=none", "logfile=\(log)"],
          options: ["--filter=log", "--filter=nozero", "--filter=fua"])
        let connections = try server.connect()
        #expect(!connections[0].export.flags.contains(.sendFUA))
        #expect(!connections[0].export.flags.contains(.sendWriteZeroes))
        let device = try await ReactorLab(
          in: lab, sizeBytes: Self.size, [.init(1, connections)])
        try await lab.succeed(
          "qemu-io",
          [
            "-f", "raw", "-c", "write -P 9 0 8M", "-c", "write -z 1M 4M", "-c",
            "write -f -P 7 4096 4096", "-c", "discard 6M 1M", "-c", "read -P 0 1M 4M", "-c",
            "read -P 7 4096 4096", device.uri,
          ])
        try await device.destroy()
        let lines = Files.text(log).split(separator: "\n").map(String.init)
        #expect(!lines.contains { $0.contains(" Zero ") })
        let write = lines.firstIndex {
          $0.contains(" Write ") && $0.contains("offset=0x1000 ") && $0.contains("count=0x1000 ")
        }
        let after = lines[(try #require(write))...]
        #expect(after.contains { $0.contains(" Flush ") }, "no flush followed the FUA write")
        #expect(!lines.contains { $0.contains("fua=1") })
      }
    }

    @Test(.needs(.qemu, .fio), .timeLimit(.minutes(2)))
    func qemusServerIsAPath() async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        try await Self.verify(
          try await NBDServer.qemu("qemu", in: lab, image: image), in: lab, connections: 2)
      }
    }

    @Test(.needs(.nbdServer, .fio), .timeLimit(.minutes(2)))
    func theProtocolsFirstServerIsAPath() async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        try await Self.verify(
          try await NBDServer.classic("classic", in: lab, image: image), in: lab,
          connections: 1)
      }
    }

    private static func verify(
      _ server: NBDServer, in lab: Lab, connections: Int
    ) async throws {
      let device = try await ReactorLab(
        in: lab, sizeBytes: size, [.init(1, try server.connect(connections))])
      let fio = Fio(uri: device.uri, seconds: 6, sizeMebibytes: 64)
      try await fio.finish(try fio.start(in: lab))
      let snapshot = try await device.snapshot()
      #expect(snapshot.counters.errors == 0)
      #expect(snapshot.paths.allSatisfy { $0.record.counters.errors == 0 })
      try await device.destroy()
    }

    /// What proves that a write which was sent can do nothing more.
    enum Proof: CaseIterable {
      case quietTime
      case fence
      /// The setting had been longer when the connection was made, and counted until the next one.
      case shortenedQuietTime
    }

    /// A write that a stopped server has in its socket may land whenever it goes on: it stays a ghost when the
    /// connection ends, until somebody makes sure that it cannot.
    @Test(.needs(.nbdkit, .qemu), .timeLimit(.minutes(1)), arguments: Proof.allCases)
    func aSentWriteIsAGhostUntilItCanDoNothingMore(_ proof: Proof) async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        let one = try await NBDServer.nbdkit("one", in: lab, ["file", image])
        let two = try await NBDServer.nbdkit("two", in: lab, ["file", image])
        let device = try await ReactorLab(
          in: lab, sizeBytes: Self.size,
          quietTime: proof == .quietTime ? .seconds(6) : .seconds(3600),
          [.init(1, try one.connect()), .init(2, try two.connect())])
        one.stop()
        // Found out by comparison, and done by the other path.
        try await lab.succeed(
          "qemu-io", ["-f", "raw", "-c", "write -P 1 0 64k", device.uri])
        #expect(try await device.snapshot().ghosts == 1)
        if proof == .shortenedQuietTime {
          try await device.tune { $0.quietTime = .seconds(6) }
        }
        try await one.kill()
        _ = try await device.connectionLost(1)
        #expect(try await device.snapshot().ghosts == 1)

        // A newer write of the same bytes waits; one of others does not.
        try await lab.succeed("qemu-io", ["-f", "raw", "-c", "write -P 2 1M 64k", device.uri])
        let held = try lab.start("qemu-io", ["-f", "raw", "-c", "write -P 3 0 64k", device.uri])
        while try await device.snapshot().heldRequests == 0 {
          try #require(held.isRunning)
          try await Task.sleep(for: .milliseconds(10))
        }
        if proof == .fence { device.post(.pathFenced(device: ReactorLab.deviceID, path: 1)) }
        #expect(try await held.wait(atMostSeconds: 30) == .exited(0))
        #expect(try await device.snapshot().ghosts == 0)
        try await lab.succeed("qemu-io", ["-f", "raw", "-c", "read -P 3 0 64k", device.uri])
        try await device.destroy()
      }
    }

    /// A server that is stopped with requests would keep the device for ever.
    @Test(.needs(.nbdkit, .qemu), .timeLimit(.minutes(1)))
    func aStoppedServerDoesNotHoldUpTheEndOfADevice() async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        let server = try await NBDServer.nbdkit("one", in: lab, ["file", image])
        let device = try await ReactorLab(
          in: lab, sizeBytes: Self.size, quietTime: .seconds(3600),
          [.init(1, try server.connect())])
        server.stop()
        let client = try lab.start("qemu-io", ["-f", "raw", "-c", "write 0 64k", device.uri])
        while try await device.snapshot().paths[0].outstanding == 0 {
          try await Task.sleep(for: .milliseconds(10))
        }
        try await device.destroy()
        #expect(try await client.wait(atMostSeconds: 30) != .exited(0))
      }
    }

    /// Its size is not the device's, or it does not let anybody write, or it has no room for more.
    @Test(.needs(.nbdkit), .timeLimit(.minutes(1)))
    func aServerThatDoesNotFitIsRefused() async throws {
      try await Lab.run { lab in
        let image = try lab.image("image", mebibytes: 64)
        let server = try await NBDServer.nbdkit("one", in: lab, ["file", image])
        let locked = try await NBDServer.nbdkit(
          "locked", in: lab, ["file", image], options: ["--readonly"])
        let crude = try await NBDServer.nbdkit(
          "crude", in: lab, ["file", image, "blocksize-minimum=4096"],
          options: ["--filter=blocksize-policy"])
        let device = try await ReactorLab(
          in: lab, sizeBytes: Self.size, [.init(1, try server.connect())])
        func add(_ id: UInt32, _ connections: [NetworkConnection]) async throws {
          let path = ReactorLab.Path(id, connections)
          try await device.ask {
            .addPath(
              ticket: $0, device: ReactorLab.deviceID, PathSetup(id: id, access: path.access))
          }
        }
        await #expect(throws: ReactorRefusal.readOnly) { try await add(2, locked.connect()) }
        await #expect(
          throws: ReactorRefusal.blockTooSmall(deviceBlockBytes: 512, minimumBlockBytes: 4096)
        ) {
          try await add(3, crude.connect())
        }
        var taken = 1
        await #expect(throws: ReactorRefusal.tooManyConnections) {
          for id in UInt32(10)..<30 {
            try await add(id, server.connect(6))
            taken += 6
          }
        }
        #expect(taken == 61)
        try await device.destroy()
      }
    }
  }
}

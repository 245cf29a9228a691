internal import Control
internal import Testing

extension Integration {
  /// Block devices as paths.
  @Suite struct LoopDeviceTests {
    @Test(.needs(.loopDevices, .fio), .timeLimit(.minutes(2)))
    func pathsComeAndGoUnderLoad() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let disk = try lab.image("disk.img", mebibytes: 64)
        var loops: [LoopDevice] = []
        for _ in 0..<3 {
          loops.append(try await LoopDevice.attach(disk, in: lab))
        }
        try await daemon.control("create", "-A", "data", loops[0].node, loops[1].node)
        let status = try await daemon.status("data")
        #expect(status.state == .optimal)
        #expect(status.paths.allSatisfy { $0.kind == .block && $0.direct })

        let fio = Fio(uri: daemon.uri("data"), seconds: 10, sizeMebibytes: 64)
        let process = try fio.start(in: lab)
        try await Task.sleep(for: .seconds(1))
        for _ in 0..<3 {
          try await daemon.control("fail", "data", loops[0].name)
          #expect(try await daemon.pathStates("data")[loops[0].name] == .held)
          #expect(try await daemon.mpctl(["status", "--check"]).status == 3)
          try await daemon.control("add", "data", loops[2].name)
          try await daemon.control("restore", "data", loops[0].name)
          try await daemon.waitForPath(loops[0].name, of: "data", in: [.active])
          try await daemon.control("remove", "data", loops[1].node)
          try await daemon.control("add", "data", loops[1].node)
          try await daemon.control("remove", "data", loops[2].name)
          try await Task.sleep(for: .milliseconds(200))
        }
        #expect(process.isRunning, "the load was over too soon to mean anything")
        try await fio.finish(process)
        let device = try #require(try await daemon.stats().devices.first)
        #expect(device.errors == 0)
        #expect(try await daemon.status("data").state == .optimal)
        try await daemon.stop()
      }
    }

    @Test(.needs(.loopDevices), .timeLimit(.minutes(1)))
    func pathsOfOtherSizesAreRefusedAndNothingIsChanged() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let small = try await LoopDevice.attach(
          try lab.image("small.img", mebibytes: 32), in: lab)
        let large = try lab.image("large.img", mebibytes: 48)
        let sizes = ["\(32 << 20)", "\(48 << 20)"]
        try await daemon.refuse(["create", "x", small.node, large], saying: sizes)
        #expect(try await daemon.control("list").contains("x") == false)
        #expect(!Files.exists(daemon.socket("x")))

        // Nothing is held open either: the same path makes a device now.
        try await daemon.control("create", "x", small.node)
        try await daemon.refuse(["add", "x", large], saying: sizes)
        #expect(try await daemon.pathStates("x") == [small.name: .active])
      }
    }

    @Test(.needs(.loopDevices), .timeLimit(.minutes(1)))
    func oneDeviceUnderTwoNamesIsRefused() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let loop = try await LoopDevice.attach(
          try lab.image("disk.img", mebibytes: 8), in: lab)
        let alias = lab.file("alias")
        try await lab.succeed("ln", ["-s", loop.node, alias])
        try await daemon.refuse(["create", "x", loop.node, alias], saying: [alias])
        try await daemon.control("create", "data", loop.node)
        try await daemon.refuse(["add", "data", loop.name], saying: [loop.node])
        try await daemon.refuse(["add", "data", alias], saying: [alias])
        // In another device, and in another daemon, it is in use.
        try await daemon.refuse(["create", "other", loop.node], saying: [loop.node, "data"])
        try await daemon.refuse(["create", "other", alias], saying: [alias, "data"])
      }
    }

    @Test(.needs(.loopDevices), .timeLimit(.minutes(1)))
    func aDeviceThatSomebodyElseHoldsIsBusy() async throws {
      try await Lab.run { lab in
        let loop = try await LoopDevice.attach(
          try lab.image("disk.img", mebibytes: 8), in: lab)
        let holder = try await TestDaemon.start(in: lab)
        try await holder.control("create", "data", loop.node)
        let daemon = try await TestDaemon.start(in: lab, runDirectory: lab.file("run2"))
        try await daemon.refuse(["create", "data", loop.node], saying: [loop.node, "in use"])
        try await holder.control("destroy", "data")
        try await daemon.control("create", "data", loop.node)
      }
    }
  }
}

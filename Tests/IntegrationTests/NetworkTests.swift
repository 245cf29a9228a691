internal import Control
internal import Glibc
internal import Testing

extension Integration {
  /// NBD servers as paths.
  @Suite struct NetworkTests {
    @Test(.needs(.nbdkit, .libnbd, .fio), .timeLimit(.minutes(2)))
    func aServerThatIsKilledAndStartedAgainIsNoticedByNobody() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try lab.image("image", mebibytes: 64)
        let one = try await NBDServer.nbdkit("one", in: lab, image: image)
        let two = try await NBDServer.nbdkit("two", in: lab, image: image)
        try await daemon.control("create", "--cache", "shared", "data", one.uri, two.uri)
        #expect(try await daemon.pathStates("data") == ["one": .active, "two": .passive])
        let fio = Fio(uri: daemon.uri("data"), seconds: 12, sizeMebibytes: 64)
        let process = try fio.start(in: lab)
        try await Task.sleep(for: .seconds(2))
        try await one.kill()
        try await daemon.waitForPath("two", of: "data", in: [.active])
        let lost = try #require(try await daemon.status("data").paths.first)
        #expect(lost.state == .lost && lost.reason?.isEmpty == false, "\(lost)")
        try await one.startAgain()
        try await daemon.waitForPath("one", of: "data", in: [.passive])
        try await fio.finish(process)
        #expect(try #require(await daemon.stats().devices.first).errors == 0)
        try await daemon.stop()
      }
    }

    @Test(.needs(.nbdkit, .libnbd), .timeLimit(.minutes(2)))
    func aServerThatIsAwayAtARestartComesBackByItself() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try await lab.randomImage("image", mebibytes: 16)
        let one = try await NBDServer.nbdkit("one", in: lab, image: image)
        let two = try await NBDServer.nbdkit("two", in: lab, image: image)
        try await daemon.control(
          "create", "--cache", "shared", "--quiesce", "2", "--priority", "two=10", "data", one.uri,
          two.uri)
        let changed = try await daemon.mpctl(["set", "data", "connections.two=3"])
        #expect(changed.status == 0 && changed.errors.contains("until it connects next"))
        try await daemon.control("fail", "data", "one")
        let before = try await daemon.status("data")
        try await daemon.stop()
        try await two.kill()
        try await daemon.startAgain()
        var status = try await daemon.status("data")
        #expect(status.paths.map { $0.state } == [.held, .lost])
        #expect(status.paths.map { $0.path } == [one.uri, two.uri])
        #expect(status.settings == before.settings)
        #expect(status.cache == before.cache)
        try await two.startAgain()
        try await daemon.waitForPath("two", of: "data", in: [.active])
        // Coming back is no reason to forget what an operator said.
        status = try await daemon.status("data")
        #expect(status.paths.map { $0.state } == [.held, .active])
        #expect(status.paths.map { $0.connections } == [1, 3])
        #expect(status.paths.map { $0.priority } == [0, 10])
        try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back")])
        try await lab.succeed("cmp", [image, lab.file("back")])
        try await daemon.stop()
      }
    }

    @Test(.needs(.nbdkit, .libnbd, .qemu), .timeLimit(.minutes(2)))
    func whatIsNoPathIsRefusedWithTheReason() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try await lab.randomImage("image", mebibytes: 8)
        let other = try await lab.randomImage("other", mebibytes: 8)
        let good = try await NBDServer.nbdkit("good", in: lab, image: image)
        let foreign = try await NBDServer.nbdkit("foreign", in: lab, image: other)
        let small = try await NBDServer.nbdkit(
          "small", in: lab, image: try lab.image("small.img", mebibytes: 4))
        let readOnly = try await NBDServer.nbdkit(
          "readonly", in: lab, image: image, options: ["-r"])
        let single = try await NBDServer.nbdkit(
          "single", in: lab, image: image, options: ["--filter=multi-conn"],
          parameters: ["multi-conn-mode=disable"])
        let blocks = try await NBDServer.nbdkit(
          "blocks", in: lab, image: image, options: ["--filter=blocksize-policy"],
          parameters: ["blocksize-minimum=4096", "blocksize-preferred=4096"])
        let absent = "nbd+unix:///?socket=\(lab.file("absent"))"
        for (words, said) in [
          ([good.uri, foreign.uri], "differ at byte"), ([good.uri, small.uri], "same size"),
          ([readOnly.uri], "read-only"), ([absent], "there is no socket"),
          (["nbd://127.0.0.1:1/x"], "nobody listens"), (["nbds://127.0.0.1/x"], "TLS"),
          ([good.uri, good.uri], "given twice"), (["http://127.0.0.1/x"], "scheme"),
          ([image, blocks.uri], "blocks of 4096"),
        ] {
          try await daemon.refuse(["create", "data"] + words, saying: [said])
        }
        try await lab.succeed("ln", ["-s", good.socket, lab.file("alias")])
        try await daemon.refuse(
          ["create", "data", good.uri, "nbd+unix:///?socket=\(lab.file("alias"))"],
          saying: ["two names"])
        try await daemon.refuse(
          ["create", "-A", "data", good.uri, single.uri],
          saying: ["active-active", "several servers"])
        try await daemon.refuse(
          ["create", "--set", "connections.single=2", "data", single.uri],
          saying: ["CAN_MULTI_CONN"])
        let named = try await NBDServer.qemu("named", in: lab, image: image)
        let wrong = try await daemon.mpctl(
          ["create", "data", "nbd+unix:///nowhere?socket=\(named.socket)"])
        #expect(wrong.errors.contains("no export of this name"), "\(wrong.errors)")
        #expect(wrong.errors.contains("fix: its exports are: ''"), "\(wrong.errors)")
        // A server that wants larger blocks than usual is welcome where it decides.
        try await daemon.control("create", "data", blocks.uri)
        #expect(try await daemon.status("data").blockBytes == 4096)
        try await daemon.control("add", "--priority", "3", "data", good.uri)
        #expect(try await daemon.status("data").paths.map { $0.priority } == [0, 3])
        try await daemon.refuse(["set", "data", "mode=active-active"], saying: ["cache"])
        try await daemon.refuse(["add", "data", foreign.uri], saying: ["differ"])
        try await daemon.control("remove", "data", "good")
        try await daemon.control("set", "data", "mode=active-active")
        try await daemon.refuse(["add", "data", good.uri], saying: ["active-active"])
        try await daemon.stop()
      }
    }

    @Test(
      .needs(.nbdkit, .libnbd, .fio), .timeLimit(.minutes(2)), arguments: [[], ["-A"], ["-R"]])
    func disksAndServersMix(_ mode: [String]) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try lab.image("image", mebibytes: 64)
        let one = try await NBDServer.nbdkit("one", in: lab, image: image)
        // Through the page cache, as the server has it: one kernel answers for both.
        let words =
          ["create"] + mode + ["--buffered", "--cache", "shared", "--set", "connections.one=4"]
        let made = try await daemon.mpctl(words + ["data", image, one.uri])
        try #require(made.status == 0, "\(made.errors)")
        let fio = Fio(uri: daemon.uri("data"), seconds: 8, sizeMebibytes: 64)
        let process = try fio.start(in: lab)
        for _ in 0..<2 {
          try await Task.sleep(for: .milliseconds(800))
          try await daemon.control("fail", "data", "image")
          try await daemon.waitForPath("one", of: "data", in: [.active])
          try await Task.sleep(for: .milliseconds(500))
          try await daemon.control("restore", "data", "image")
          try await one.kill()
          try await daemon.waitForPath("one", of: "data", in: [.lost])
          try await one.startAgain()
          try await daemon.waitForPath("one", of: "data", in: [.active, .passive, .read])
        }
        try await fio.finish(process)
        try await daemon.stop()
      }
    }

    @Test(.needs(.nbdkit, .libnbd), .timeLimit(.minutes(2)))
    func theRemoteStandbyServesOnlyWhileTheLocalDiskIsAway() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try await lab.randomImage("image", mebibytes: 8)
        let remote = try await NBDServer.nbdkit("remote", in: lab, image: image)
        // A link, so that the local way can be taken away.
        try await lab.succeed("ln", [image, lab.file("local")])
        try await daemon.control(
          "create", "--priority", "remote=10", "--set", "failback=immediate", "data", remote.uri,
          lab.file("local"))
        #expect(try await daemon.pathStates("data") == ["local": .active, "remote": .passive])
        #expect(try await daemon.status("data").cache?.reason == .mixed)
        try await daemon.control("fail", "data", "local")
        #expect(try await daemon.pathStates("data") == ["local": .held, "remote": .active])
        try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back")])
        try await lab.succeed("cmp", [image, lab.file("back")])
        try await daemon.control("restore", "data", "local")
        try await daemon.waitForPath("local", of: "data", in: [.active])
        #expect(try await daemon.pathStates("data")["remote"] == .passive)
        try await daemon.stop()
      }
    }

    /// The daemon has a table of hosts of its own, whose entry is changed between two tries.
    @Test(.needs(.nbdkit, .libnbd, .root, .loopDevices), .timeLimit(.minutes(2)))
    func aNameIsResolvedAnewAtEachTry() async throws {
      try await Lab.run { lab in
        let hosts = lab.file("hosts")
        let point = { (address: String) async throws -> Void in
          // In its place, as the mount follows the file and not the name.
          try await lab.succeed("sh", ["-c", "echo \(address) store.test > \(hosts)"])
        }
        try await point("127.0.0.1")
        let daemon = try await TestDaemon.start(
          in: lab,
          launcher: [
            "unshare", "--mount", "sh", "-c", "mount --bind \(hosts) /etc/hosts && exec \"$@\"",
            "sh",
          ])
        let image = try await lab.randomImage("image", mebibytes: 8)
        let port = Int.random(in: 20_000..<30_000)
        let serve = { (address: String) async throws -> ChildProcess in
          let server = try lab.start(
            "nbdkit",
            [
              "--foreground", "--exit-with-parent", "--ipaddr", address, "--port", "\(port)",
              "file", image,
            ])
          while try await lab.run("nbdinfo", ["--size", "nbd://\(address):\(port)"]).status != 0 {
            try #require(server.isRunning, "\(server.errors)")
            try await Task.sleep(for: .milliseconds(20))
          }
          return server
        }
        let first = try await serve("127.0.0.1")
        try await daemon.control("create", "data", "nbd://store.test:\(port)")
        #expect(try await daemon.status("data").paths.map(\.server) == ["127.0.0.1:\(port)"])
        _ = try await serve("127.0.0.2")
        try await point("127.0.0.2")
        first.signal(SIGKILL)
        _ = try await first.wait(atMostSeconds: 20)
        try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back")])
        try await lab.succeed("cmp", [image, lab.file("back")])
        #expect(try await daemon.status("data").paths.map(\.server) == ["127.0.0.2:\(port)"])
        try await daemon.stop()
      }
    }

    /// Moved by hand, a path's unflushed writes stayed in its server's cache and came to the medium after newer
    /// ones by the next path.
    @Test(.needs(.nbdkit, .libnbd, .libnbdPython), .timeLimit(.minutes(2)))
    func withPrivateCachesTheActivePathIsLeftAfterAFlushOnly() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try lab.image("image", mebibytes: 8)
        let one = try await NBDServer.nbdkit("one", in: lab, image: image)
        let two = try await NBDServer.nbdkit("two", in: lab, image: image)
        try await daemon.control("create", "data", one.uri, two.uri)
        #expect(try await daemon.status("data").cache?.domain == .private)
        try await daemon.control("prefer", "data", "one")
        let said = try await lab.script(
          "moves.py",
          [
            HostEnvironment.programDirectory + "/mpctl", daemon.runDirectory, daemon.uri("data"),
            "one", "two",
          ])
        #expect(said == "moved\n")
        try await daemon.stop()
      }
    }

    @Test(.needs(.nbdkit, .libnbd, .qemu), .timeLimit(.minutes(2)))
    func explainSaysWhatThePathsShareAndWhy() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try lab.image("image", mebibytes: 8)
        let one = try await NBDServer.nbdkit("one", in: lab, image: image)
        let two = try await NBDServer.qemu("two", in: lab, image: image)
        try await daemon.control("create", "data", one.uri)
        #expect(try await daemon.status("data").cache?.reason == .onePath)
        try await daemon.control("add", "data", two.uri)
        #expect(try await daemon.status("data").cache?.reason == .severalServers)
        let words = try await daemon.control("explain", "data")
        #expect(words.contains("cache: private: the paths lead to several servers"), "\(words)")
        try await daemon.control("set", "data", "cache=shared", "mode=active-active")
        #expect(try await daemon.control("explain", "data").contains("an operator said so"))
        try await daemon.refuse(["set", "data", "cache=private"], saying: ["active-active"])
        try await daemon.stop()
      }
    }

    /// The comparison read on from a sibling whose connection had broken off, and the daemon died of it.
    @Test(.needs(.nbdkit, .libnbd, .python), .timeLimit(.minutes(1)))
    func aSiblingMayBreakOffWhileItIsComparedWith() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try lab.image("image", mebibytes: 16)
        let honest = try await NBDServer.nbdkit("honest", in: lab, image: image)
        let socket = try await startLiar(in: lab, image)
        // A path's own 32 samples are read, and then some of those to compare with.
        let orders = lab.file("orders")
        try await lab.succeed("sh", ["-c", "echo goes-after-forty-reads > \(orders)"])
        try await daemon.control(
          "create", "--cache", "shared", "data", "nbd+unix:///?socket=\(socket)", honest.uri)
        try await lab.succeed("rm", [orders])
        try await daemon.waitForPath("liar", of: "data", in: [.active, .passive])
        try await daemon.stop()
      }
    }

    private func startLiar(in lab: Lab, _ image: String) async throws -> String {
      let socket = lab.file("liar")
      let liar = try lab.start(
        Lab.python, ["-B", lab.scripts + "/liar.py", socket, image, lab.file("orders")])
      while liar.output != "there\n" {
        try #require(liar.isRunning, "\(liar.errors)")
        try await Task.sleep(for: .milliseconds(20))
      }
      return socket
    }

    @Test(.needs(.nbdkit, .libnbd, .libnbdPython), .timeLimit(.minutes(8)))
    func noLieOfAServerHarmsAnybody() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let image = try lab.image("image", mebibytes: 16)
        let honest = try await NBDServer.nbdkit("honest", in: lab, image: image)
        let socket = try await startLiar(in: lab, image)
        let lies = try await lab.script("liar.py", ["--list"]).split(separator: "\n")
        #expect(lies.count >= 30)
        let told = try await lab.script(
          "lies.py",
          [
            HostEnvironment.programDirectory + "/mpctl", daemon.runDirectory,
            String(daemon.process.pid), honest.uri, "nbd+unix:///?socket=\(socket)",
            lab.file("orders"),
          ], atMostSeconds: 450)
        #expect(told.split(separator: "\n").count == lies.count + 1, "\(told)")
        try await daemon.stop()
      }
    }
  }
}

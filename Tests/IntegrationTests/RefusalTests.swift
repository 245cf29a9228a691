internal import Control
internal import Testing

extension Integration {
  /// What is wrong gets one sentence, and changes nothing.
  @Suite struct RefusalTests {
    @Test(.timeLimit(.minutes(1)))
    func wrongPathsAreRefusedInOneSentence() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        try await daemon.control("create", "data", left)

        let missing = lab.file("missing.img")
        let other = try lab.image("other-size.img", mebibytes: 4)
        try await lab.succeed("mkfifo", [lab.file("pipe")])
        let empty = lab.file("empty.img")
        try Files.create(empty, sizeBytes: 0)
        try await daemon.refuse(["add", "data", left], saying: [left])
        try await daemon.refuse(["add", "data", lab.directory], saying: ["directory"])
        try await daemon.refuse(["add", "data", missing], saying: [missing])
        try await daemon.refuse(
          ["add", "data", other], saying: ["\(8 << 20)", "\(4 << 20)"])
        try await daemon.refuse(["add", "data", lab.file("pipe")], saying: [lab.file("pipe")])
        try await daemon.refuse(["add", "data", empty], saying: [])
        try await daemon.refuse(["create", "y", empty], saying: [])
        try await daemon.refuse(["create", "data", other], saying: ["data"])
        try await daemon.refuse(["create", "z", left], saying: [left, "data"])
        try await daemon.refuse(["add", "nobody", left], saying: ["nobody"])
        try await daemon.refuse(["remove", "data", "nothing"], saying: ["nothing"])
        try await daemon.refuse(["remove", "data", "left.img"], saying: ["last path"])
        try await daemon.refuse(["fail", "data", "nothing"], saying: ["nothing"])
        try await daemon.refuse(["restore", "data", "nothing"], saying: ["nothing"])
        try await daemon.refuse(["destroy", "nobody"], saying: ["nobody"])
        try await daemon.refuse(["status", "nobody"], saying: ["nobody"])
        #expect(try await daemon.pathStates("data") == ["left.img": .active])
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func namesThatAreNoNamesAreRefused() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        let long = String(repeating: "n", count: 64)
        for name in ["control", "../x", ".x", "a b", "", "a/b", "ä", long] {
          try await daemon.refuse(["create", name, left], saying: [])
        }
        #expect(try await daemon.control("list", "--json").contains("left.img") == false)
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func differentContentIsNoSecondPath() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try await lab.randomImage("left.img", mebibytes: 8)
        let right = try await lab.randomImage("right.img", mebibytes: 8)
        try await daemon.refuse(["create", "data", left, right], saying: [right])
        try await daemon.control("create", "data", left)
        try await daemon.refuse(["add", "data", right], saying: [right])
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func oneFileUnderTwoNamesNeedsAWord() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 8)
        let hard = lab.file("hard.img")
        let soft = lab.file("soft.img")
        try await lab.succeed("ln", [left, hard])
        try await lab.succeed("ln", ["-s", left, soft])
        for twin in [hard, soft] {
          try await daemon.refuse(["create", "data", left, twin], saying: [twin])
        }
        try await daemon.refuse(["create", "data", left, left], saying: [left, "twice"])
        try await daemon.control("create", "--allow-duplicate", "data", left, hard)
        #expect(try await daemon.status("data").paths.count == 2)
      }
    }

    @Test(.needs(.root, .setpriv), .timeLimit(.minutes(1)))
    func aFileOfAnotherUserIsRefused() async throws {
      try await Lab.run { lab in
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        try await lab.succeed("chmod", ["755", lab.directory])
        try await lab.succeed("mkdir", [lab.file("run")])
        try await lab.succeed("chown", ["65534:65534", lab.file("run")])
        let programs = lab.file("programs")
        // An ordinary user need not be able to look into the build directory.
        try await lab.succeed("mkdir", [programs])
        try await lab.succeed("cp", [HostEnvironment.programDirectory + "/mpathd", programs])
        let daemon = try await TestDaemon.start(
          in: lab, launcher: nobody, program: programs + "/mpathd")
        let secret = try lab.image("secret.img", mebibytes: 8)
        try await daemon.refuse(
          ["create", "data", secret], saying: ["permission", secret])
        // With what is its own, an ordinary user's daemon works like any other.
        let own = try lab.image("own.img", mebibytes: 8)
        try await lab.succeed("chown", ["65534:65534", own])
        try await daemon.control("create", "data", own)
        try await daemon.refuse(["add", "data", secret], saying: ["permission", secret])
        try await daemon.stop()
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func exitStatusesTellWhatHappened() async throws {
      try await Lab.run { lab in
        let mpctl = HostEnvironment.programDirectory + "/mpctl"
        let nobody = try await lab.run(mpctl, ["status", "--run-dir", lab.file("none")])
        #expect(nobody.status == 2)
        #expect(nobody.errors.contains("mpathd --run-dir \(lab.file("none"))"))

        let daemon = try await TestDaemon.start(in: lab)
        #expect(try await daemon.mpctl(["status"]).status == 0)
        #expect(try await daemon.mpctl(["status", "--check"]).status == 0)
        for words in [["no-such-verb"], ["create"], ["add", "data"], ["status", "--no-such"]] {
          #expect(try await daemon.mpctl(words).status == 64, "\(words)")
        }
        let left = try lab.image("left.img", mebibytes: 8)
        let right = lab.file("right.img")
        try await lab.succeed("ln", [left, right])
        try await daemon.control("create", "--allow-duplicate", "data", left, right)
        #expect(try await daemon.mpctl(["status", "--check"]).status == 0)
        try await daemon.control("fail", "data", "left.img")
        #expect(try await daemon.mpctl(["status", "--check"]).status == 3)
        #expect(try await daemon.mpctl(["status"]).status == 0)
        try await daemon.control("fail", "data", "right.img")
        #expect(try await daemon.mpctl(["status", "--check"]).status == 4)
        try await daemon.control("restore", "data", "left.img")
        #expect(try await daemon.mpctl(["status", "--check"]).status == 3)
        try await daemon.control("destroy", "data")
        #expect(try await daemon.mpctl(["status", "--check"]).status == 0)
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func aSecondDaemonDoesNotTakeTheFirstOnesPlace() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let second = try await lab.run(
          HostEnvironment.programDirectory + "/mpathd", ["--run-dir", daemon.runDirectory])
        #expect(second.status != 0)
        #expect(!second.errors.isEmpty)
        #expect(try await daemon.mpctl(["status"]).status == 0)
      }
    }
  }
}

internal import Control
internal import Glibc
internal import Testing

extension Integration {
  /// What there is before there is a system: one file, and no /proc, /sys, /dev, /var, udev, shared library or shell.
  @Suite struct EarlyBootTests {
    private static let patience = Duration.seconds(30)

    @Test(
      .needs(.root, .staticPrograms, .unshare, .libnbd, .python), .timeLimit(.minutes(2)))
    func G11_OneShotAssemblesInAnEmptyChrootAlsoWhatComesLater() async throws {
      try await Lab.run { lab in
        let root = try await Self.emptyRoot(lab)
        // All of it is read-only, except for the place of the socket and the media.
        let view =
          "for folder in root root/run root/media; do mount --bind $folder $folder; done; "
          + "mount -o remount,bind,ro root && exec chroot root \"$@\""
        let daemon = try lab.start(
          "unshare",
          ["--mount", "sh", "-c", view, "sh", "/mpathd", "--oneshot"]
            + ["--run-dir", "/run", "--taste", "/media/*.img"])
        try await Self.wait { daemon.output.contains("ready") || !daemon.isRunning }
        // There is no device yet, and no medium.
        #expect(daemon.output.contains("ready: 0 devices"), "\(daemon.output)\(daemon.errors)")
        for name in ["late", "later"] {
          let medium = try lab.image(name, mebibytes: 4)
          try await Labels.write(medium, in: lab)
          try await lab.succeed("mv", [medium, root + "/media/\(name).img"])
        }
        let mpctl = [root, "/mpctl", "status", "--run-dir", "/run", "data"]
        try await Self.wait {
          try await lab.run("chroot", mpctl).output.contains("later.img (")
        }
        let status = try await lab.run("chroot", mpctl)
        #expect(status.output.contains("OPTIMAL"), "\(status) \(daemon.errors)")
        let uri = "nbd+unix:///data?socket=\(root)/run/data.sock"
        #expect(try await lab.succeed("nbdinfo", ["--size", uri]) == "\(4 << 20 - 512)\n")
        daemon.signal(SIGTERM)
        #expect(try await daemon.wait(atMostSeconds: 30) == .exited(0))
        // Where nobody runs, one look says the same.
        let scan = try await lab.succeed("chroot", [root, "/mpctl", "scan", "/media/late.img"])
        #expect(scan.contains("data") && scan.contains(Labels.uuid), "\(scan)")
        #expect(try await lab.succeed("ls", [root + "/run"]) == "mpathd.lock\n")
      }
    }

    @Test(.needs(.root, .staticPrograms, .python), .timeLimit(.minutes(1)))
    func whatIsMissingInAnEmptyChrootIsSaidInWords() async throws {
      try await Lab.run { lab in
        let root = try await Self.emptyRoot(lab)
        let plain = try await lab.run("chroot", [root, "/mpathd"])
        #expect(plain.status == 1 && plain.errors.contains("cannot be created"), "\(plain)")
        let daemon = try lab.start(
          "chroot", [root, "/mpathd", "--oneshot", "--run-dir", "/run", "--taste", "/media/*"])
        try await Self.wait { daemon.output.contains("ready") || !daemon.isRunning }
        try await lab.succeed("cp", [try lab.image("plain", mebibytes: 4), root + "/media/plain"])
        func mpctl(_ words: String...) async throws -> Lab.Result {
          try await lab.run("chroot", [root, "/mpctl"] + words + ["--run-dir", "/run"])
        }
        #expect(try await mpctl("create", "data", "/media/plain").status == 0)
        let attach = try await mpctl("attach", "data")
        #expect(attach.status == 1 && attach.errors.contains("fix:"), "\(attach)")
        // TLS is what a static program lacks.
        let export = try await mpctl(
          "export", "data", "--listen", "127.0.0.1:0", "--tls-certificates", "/media")
        #expect(export.status == 1 && export.errors.contains("without TLS"), "\(export)")
      }
    }

    /// A folder with the two programs and nothing else that could be run or loaded.
    private static func emptyRoot(_ lab: Lab) async throws -> String {
      let root = lab.file("root")
      try await lab.succeed("mkdir", ["-p", root + "/run", root + "/media"])
      for program in ["mpathd", "mpctl"] {
        try await lab.succeed("cp", [HostEnvironment.staticProgramDirectory + "/" + program, root])
      }
      return root
    }

    private static func wait(until isRight: () async throws -> Bool) async throws {
      let clock = ContinuousClock()
      let end = clock.now + patience
      while try await !isRight(), clock.now < end { try await Task.sleep(for: .milliseconds(50)) }
    }
  }
}

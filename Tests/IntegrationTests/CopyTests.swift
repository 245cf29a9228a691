internal import Testing

extension Integration {
  /// Whole images in and out, by programs that know nothing of each other.
  @Suite struct CopyTests {
    @Test(.needs(.libnbd), .timeLimit(.minutes(2)))
    func nbdcopyBringsBackWhatItWrote() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let source = try await lab.randomImage("source.img", mebibytes: 128)
        let left = try lab.image("left.img", mebibytes: 128)
        try await daemon.control("create", "data", left)
        try await lab.succeed("nbdcopy", ["--flush", source, daemon.uri("data")])
        try await lab.succeed("nbdcopy", [daemon.uri("data"), lab.file("back.img")])
        try await lab.succeed("cmp", [source, lab.file("back.img")])
        // And the medium itself has them, not only the export.
        try await lab.succeed("cmp", [source, left])
      }
    }

    @Test(.needs(.qemu), .timeLimit(.minutes(3)))
    func qemuImgFindsTheImageThatItConverted() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        // Data, holes and zeroes, so that conversion also writes zeroes and discards.
        let source = try await lab.randomImage("source.img", mebibytes: 96)
        try await lab.succeed("truncate", ["--size=256M", source])
        try await lab.succeed(
          "qemu-img", ["convert", "-O", "qcow2", source, lab.file("source.qcow2")])
        let left = try lab.image("left.img", mebibytes: 256)
        try await lab.succeed("ln", [left, lab.file("right.img")])
        try await daemon.control(
          "create", "-A", "--allow-duplicate", "data", left, lab.file("right.img"))
        try await lab.succeed(
          "qemu-img",
          [
            "convert", "-n", "-m", "16", "-W", "-O", "raw", lab.file("source.qcow2"),
            daemon.uri("data"),
          ], atMostSeconds: 120)
        try await lab.succeed(
          "qemu-img", ["compare", "-f", "raw", "-F", "raw", source, daemon.uri("data")],
          atMostSeconds: 120)
      }
    }

    @Test(.needs(.qemu), .timeLimit(.minutes(1)))
    func qemuIoReadsThePatternsThatItWrote() async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 64)
        try await daemon.control("create", "data", left)
        let commands = [
          "write -P 0x11 0 1M", "write -P 0x22 1M 64k", "write -f -P 0x33 2M 4k",
          "read -P 0x11 0 1M", "read -P 0x22 1M 64k", "read -P 0x33 2M 4k",
          // Zeroes, with and without a hole.
          "write -z 64k 64k", "read -P 0 64k 64k", "read -P 0x11 0 64k",
          "write -z -u 192k 64k", "read -P 0 192k 64k", "read -P 0x11 256k 64k",
          "discard 512k 64k", "read 512k 64k", "read -P 0x11 576k 64k",
          "flush",
          // Not aligned to anything: qemu or the server has to read, change and write.
          "write -P 0x44 3000001 4097", "read -P 0x44 3000001 4097",
          "read -P 0 2999000 1001",
          "aio_write -P 0x55 4M 1M", "aio_write -P 0x66 5M 1M", "aio_flush",
          "read -P 0x55 4M 1M", "read -P 0x66 5M 1M",
          // The last block.
          "write -P 0x77 67104768 4096", "read -P 0x77 67104768 4096",
        ]
        let output = try await lab.succeed(
          "qemu-io", ["-f", "raw", daemon.uri("data")] + commands.flatMap { ["-c", $0] })
        #expect(!output.contains("failed") && !output.contains("rror"), "\(output)")
      }
    }
  }
}

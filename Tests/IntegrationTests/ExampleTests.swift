internal import Testing

extension Integration {
  /// What is shown to readers, run as they would run it.
  @Suite struct ExampleTests {
    @Test(
      .needs(.nbdkit, .libnbd, .python), .timeLimit(.minutes(2)),
      arguments: ["two-servers-one-image", "two-networks-one-server", "local-with-remote-standby"])
    func anExampleDoesWhatItSays(_ name: String) async throws {
      try await Lab.run { lab in
        let path = HostEnvironment.programDirectory + ":" + (HostEnvironment.variable("PATH") ?? "")
        let result = try await lab.run(
          HostEnvironment.packageDirectory + "/examples/\(name).sh", [],
          environment: ["PATH": path], atMostSeconds: 90)
        #expect(result.status == 0, "\(result.output)\n\(result.errors)")
        #expect(result.output.contains("\nWELL: "), "\(result.output)")
      }
    }
  }

  /// The short form of Benchmarks/network-faults.py; two minutes of it are run by hand.
  @Suite struct NetworkFaultTests {
    @Test(
      .needs(.nbdkit, .qemu, .nbdServer, .libnbd, .libnbdPython, .fio), .timeLimit(.minutes(3)),
      arguments: [
        ("nbdkit", "active-passive"), ("nbdkit", "active-active"), ("qemu", "active-read"),
        ("classic", "active-passive"),
      ])
    func noFaultOfAServerIsSeenByAClient(_ server: String, _ mode: String) async throws {
      try await Lab.run { lab in
        let result = try await lab.run(
          Lab.python,
          [
            "-B", HostEnvironment.packageDirectory + "/Benchmarks/network-faults.py",
            HostEnvironment.programDirectory, "--seconds", "15", "--server", server, "--mode", mode,
            "--partial",
          ], atMostSeconds: 150)
        #expect(result.status == 0, "\(result.output)\n\(result.errors)")
      }
    }
  }
}

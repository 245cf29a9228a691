internal import Testing

extension Integration {
  /// M1 in its short form; scripts/stress runs the long one, with sanitizers if told so.
  @Suite struct StressTests {
    @Test(.needs(.fuse, .libnbdPython), .timeLimit(.minutes(3)))
    func m1NothingIsLostWhileEverythingHappensAtOnce() async throws {
      try await Lab.run { lab in
        let script = HostEnvironment.packageDirectory + "/Benchmarks/stress.py"
        let words = ["--programs", HostEnvironment.programDirectory, "--seconds", "10"]
        try await lab.succeed(Lab.python, [script] + words, atMostSeconds: 150)
      }
    }
  }
}

internal import Testing

extension Integration {
  /// Single requests, good and bad, through libnbd: the cases are in Scripts/requests.py.
  @Suite struct RequestTests {
    @Test(
      .needs(.libnbdPython), .timeLimit(.minutes(1)),
      arguments: [
        "out_of_range", "unaligned", "zero_length", "fua", "zeroes", "largest_payload",
        "many_in_flight", "several_connections", "cache",
      ])
    func libnbdIsAnsweredAsTheProtocolSays(_ name: String) async throws {
      try await Lab.run { lab in
        let daemon = try await TestDaemon.start(in: lab)
        let left = try lab.image("left.img", mebibytes: 64)
        try await daemon.control("create", "data", left)
        try await lab.script("requests.py", [daemon.uri("data"), name])
      }
    }
  }
}

internal import BlockIO
internal import Multipath
internal import NBD
internal import Reactor
internal import Testing

extension Integration {
  /// Servers that negotiate properly and then lie: the path is lost with the reason, its sibling serves, and
  /// nothing that the liar said reaches a client.
  @Suite struct LyingServerTests {
    static let lies = [
      "bad-magic": "where a reply begins",
      "bad-magic-simple": "where a reply begins",
      "unknown-cookie": "never sent",
      "twice": "twice",
      "structured-uninvited": "not negotiated",
      "simple-to-read": "simple reply",
      "huge-chunk": "outside",
      "data-behind": "outside",
      "data-before": "outside",
      "data-far-away": "outside",
      "data-too-long": "outside",
      "data-twice": "twice",
      "data-missing": "missing",
      "nothing": "missing",
      "hole-behind": "outside",
      "hole-huge": "outside",
      "hole-empty": "no bytes",
      "unknown-chunk": "unknown type",
      "block-status": "unknown type",
      "error-zero": "error 0",
      "errors-without-end": "too many errors",
      "long-message": "4096 are allowed",
      "empty-not-last": "not the last",
      "error-elsewhere": "outside the request",
      "runs-without-end": "too many separate places",
      "mixed": "mixed",
      "data-for-write": "no READ",
      "noise": "where a reply begins",
    ]

    @Test(
      .needs(.nbdkit, .python, .qemu, .libnbd), .timeLimit(.minutes(1)),
      arguments: lies.sorted { $0.key < $1.key })
    func aLieLosesThePathAndNothingElse(_ lie: String, _ words: String) async throws {
      try await Self.attempt(lie) { reason in
        guard case .lied(let what) = reason else { return false }
        return what.sentence.contains(words)
      }
    }

    @Test(.needs(.nbdkit, .python, .qemu, .libnbd), .timeLimit(.minutes(1)))
    func aServerThatHangsUpInTheMiddleIsLost() async throws {
      try await Self.attempt("hang-up-in-data") { $0 == .hungUp }
    }

    @Test(.needs(.nbdkit, .python, .qemu, .libnbd), .timeLimit(.minutes(1)))
    func aServerThatSaysItIsShuttingDownIsLeft() async throws {
      try await Self.attempt("shutting-down") { $0 == .shuttingDown }
    }

    /// A device of a liar, which is used first, and an honest server of the same image.
    private static func attempt(
      _ lie: String, isRight: (ConnectionEnd) -> Bool
    ) async throws {
      try await Lab.run { lab in
        let image = try await lab.randomImage("image", mebibytes: 1)
        let liar = try await NBDServer.script(
          "liar", in: lab, "false_answers.py", [image, lie])
        let honest = try await NBDServer.nbdkit("honest", in: lab, ["file", image])
        let device = try await ReactorLab(
          in: lab, sizeBytes: 1 << 20,
          quietTime: .zero, [.init(1, try liar.connect()), .init(2, try honest.connect())])
        // A write and a read, of which one meets the lie; then all of it.
        try await lab.succeed(
          "qemu-io",
          ["-f", "raw", "-c", "write -P 90 4096 8192", "-c", "read -P 90 4096 8192", device.uri])
        try await lab.succeed("nbdcopy", [device.uri, lab.file("copy")])
        try await lab.succeed("cmp", [image, lab.file("copy")])

        let reason = try await device.connectionLost(1)
        #expect(isRight(reason), "\(lie): \(reason)")
        let snapshot = try await device.snapshot()
        #expect(snapshot.counters.errors == 0)
        #expect(snapshot.paths.map(\.connections) == [0, 1])
        try await device.destroy()
      }
    }
  }
}

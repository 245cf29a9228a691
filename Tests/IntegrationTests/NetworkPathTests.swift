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
        let server = try await NBDServerProcess.nbdkit("one", in: lab, ["file", image])
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
  }
}

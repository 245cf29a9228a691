internal import Control
internal import Testing

extension Integration {
  /// Copies of labelled disks.
  @Suite struct LabelCopyTests {
    /// A clone has the label of its original and at first differs nowhere: it was joined with it.
    @Test(.needs(.loopDevices, .noUdev, .python), .timeLimit(.minutes(1)))
    func aCopyThatItsWWNTellsIsNotTakenIntoServiceByItself() async throws {
      try await Lab.run { lab in
        let disk = try lab.image("disk.img", mebibytes: 8)
        try await Labels.write(disk, name: "data", in: lab)
        var loops: [LoopDevice] = []
        for _ in 0..<3 { loops.append(try await LoopDevice.attach(disk, in: lab)) }
        // Until something is in service, the first that is looked at decides.
        loops.sort { ($0.node.count, $0.node) < ($1.node.count, $1.node) }
        for (loop, digit) in zip(loops, ["4", "4", "5"]) {
          try await Udev.set("ID_WWN", to: "0x5000c500a1b2c3d" + digit, of: loop, in: lab)
        }
        let daemon = try await Labels.daemon(in: lab, taste: loops[..<2].map { $0.node })
        try await Labels.waitForDevice("data", paths: 2, daemon)
        try await daemon.stop()
        let nodes = loops.map { $0.node }
        // A look without a daemon says the same; it took the copy for a path.
        let scan = try await lab.run(HostEnvironment.programDirectory + "/mpctl", ["scan"] + nodes)
        #expect((scan.output + scan.errors).contains("\(nodes[2]): it has the label"), "\(scan)")
        let all = try await Labels.daemon(in: lab, taste: nodes)
        try await Labels.waitForDevice("data", paths: 2, all)
        let states = try await all.pathStates("data")
        #expect(states.keys.sorted() == loops[..<2].map { $0.name }.sorted())
        let rescan = try await all.mpctl(["rescan"])
        #expect(
          rescan.errors.contains("\(nodes[2]): it has the label of data, and is the disk 0x"),
          "\(rescan)")
        #expect(rescan.errors.contains("mpctl clear \(nodes[2])"), "\(rescan)")
        // An operator may know better.
        try await all.control("add", "data", nodes[2])
        #expect(try await all.pathStates("data").count == 3)
        try await all.stop()
      }
    }
  }
}

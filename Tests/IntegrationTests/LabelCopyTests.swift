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
        let copy = lab.file("copy.img")
        try await lab.succeed("cp", [disk, copy])
        var loops: [LoopDevice] = []
        for (file, name) in [
          (disk, "0x5000c500a1b2c3d4"), (disk, "0x5000c500a1b2c3d4"), (copy, "0x5000c500a1b2c3d5"),
        ] {
          let loop = try await LoopDevice.attach(file, in: lab)
          try await Udev.set("ID_WWN", to: name, of: loop, in: lab)
          loops.append(loop)
        }
        // Those that are in service decide, whatever the order of names is.
        let daemon = try await Labels.daemon(in: lab, taste: loops[..<2].map { $0.node })
        try await Labels.waitForDevice("data", paths: 2, daemon)
        try await daemon.stop()
        let nodes = loops.map { $0.node }
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

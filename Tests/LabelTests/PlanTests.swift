import Label
import Testing

/// What follows from labels that were found.
@Suite struct PlanTests {
  static let uuids = [
    "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002",
    "00000000-0000-4000-8000-000000000003",
  ]

  static func found(
    _ path: String, _ name: String = "data", uuid index: Int = 0
  ) throws -> TastePlan.Found {
    TastePlan.Found(
      path: path, record: try Samples.label(name, uuid: uuids[index]), sectorBytes: 512)
  }

  @Test func pathsOfOneUUIDBecomeOneDevice() throws {
    let all = [try Self.found("/dev/sdaa"), try Self.found("/dev/sdc"), try Self.found("/dev/sdb")]
    let steps = TastePlan.steps(all, running: [], isFree: { _ in true })
    #expect(steps == [.create(name: "data", paths: [all[2], all[1], all[0]])])
  }

  @Test func aPathOfARunningDeviceIsAttachedWhateverItsLabelCallsIt() throws {
    let path = try Self.found("/dev/sdb", "other")
    let steps = TastePlan.steps([path], running: [path.record.uuid], isFree: { _ in true })
    #expect(steps == [.attach(path: "/dev/sdb", uuid: path.record.uuid)])
  }

  @Test func theSecondOfTwoOfOneNameRunsUnderAnother() throws {
    let one = try Self.found("/dev/sdb", uuid: 1)
    let other = try Self.found("/dev/sdc", uuid: 0)
    // By uuid, so that it does not depend on which disk was found first.
    for order in [[one, other], [other, one]] {
      #expect(
        TastePlan.steps(order, running: [], isFree: { _ in true })
          == [.create(name: "data", paths: [other]), .create(name: "data-1", paths: [one])])
    }
    let taken: Set<String> = ["data", "data-1"]
    #expect(
      TastePlan.steps([one], running: [], isFree: { !taken.contains($0) })
        == [.create(name: "data-2", paths: [one])])
  }

  @Test(arguments: [
    ("FRED", "FRED"), ("my disk", "my_disk"), ("a/b", "a_b"), ("_x", "x_x"), ("-", "x-"),
    ("ö", "x_"), ("0", "0"), (".hidden", "x.hidden"),
  ])
  func aNameThatCannotBeADevicesIsMadeOne(label: String, name: String) throws {
    #expect(DeviceNaming.name(for: try LabelName(label), isFree: { _ in true }) == name)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func thePlanDoesNotDependOnTheOrderOfDiscovery(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var all: [TastePlan.Found] = []
    for number in 0..<12 {
      all.append(
        try Self.found(
          "/dev/sd\(number)", Bool.random(using: &random) ? "data" : "more",
          uuid: Int.random(in: 0..<3, using: &random)))
    }
    let running: Set<LabelUUID> = [all[0].record.uuid]
    let plan = TastePlan.steps(all, running: running, isFree: { $0 != "more" })
    for _ in 0..<20 {
      #expect(
        TastePlan.steps(all.shuffled(using: &random), running: running, isFree: { $0 != "more" })
          == plan)
    }
    // Each path is in one step, and no two devices have one name.
    var paths: [String] = []
    var names: [String] = []
    for step in plan {
      switch step {
      case .attach(let path, _): paths.append(path)
      case .create(let name, let found):
        names.append(name)
        paths += found.map { $0.path }
      }
    }
    #expect(paths.sorted() == all.map { $0.path }.sorted())
    #expect(Set(names).count == names.count)
  }
}

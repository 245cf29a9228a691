import Control
import Testing

@Suite("Settings")
struct SettingsTests {
  private let paths = [(name: "loop1", path: "/dev/loop1"), (name: "loop2", path: "/dev/loop2")]

  private func apply(
    _ operands: [String], to start: DeviceSettings = DeviceSettings()
  ) throws(ControlError) -> (DeviceSettings, [PathSettings]) {
    var device = start
    var each = [PathSettings(), PathSettings()]
    let wanted = try operands.map { operand throws(ControlError) in try Assignment(operand) }
    try Assignment.apply(wanted, to: &device, paths: &each) { operand throws(ControlError) in
      try PathOperand.match(operand: operand, among: paths)
    }
    try Assignment.checkSelector(wanted, in: device)
    return (device, each)
  }

  private func error(_ operands: String...) -> ControlError? {
    refusal { () throws(ControlError) in _ = try apply(operands) }
  }

  @Test("what is shown of a setting can be given to set, and changes nothing")
  func roundTrip() throws {
    var settings = DeviceSettings()
    for setting in Setting.all {
      try setting.store(setting.format(settings), in: &settings)
    }
    #expect(settings == DeviceSettings())
    #expect(DeviceSettings().changes.isEmpty)
  }

  @Test(
    "every key takes its values",
    arguments: [
      "mode=active-active", "give-up=strict", "stall-floor=60", "stall-factor=4",
      "stall-ceiling=1000", "stall-grace=20", "ghosts=0", "hold-timeout=5", "hedge=20",
      "failback=immediate", "failback=30",
      "no-path-timeout=0", "no-path-bytes=64K", "probe-first=200", "probe-longest=20",
      "probe-good=5", "probe-idle=9", "probe-unused=600", "flap-window=10", "flap-first=2000",
      "flap-longest=60", "hedge-floor=1000", "hedge-burst=8",
    ])
  func values(operand: String) throws {
    let (settings, _) = try apply([operand])
    let assignment = try Assignment(operand)
    #expect(settings.values[assignment.key] == assignment.value)
    #expect(settings != DeviceSettings())
  }

  @Test("only what differs from a new device is kept, and what has a field of its own is not")
  func changes() throws {
    let (settings, each) = try apply([
      "mode=active-active", "selector=latency", "no-path-timeout=7", "hedge=5", "weight.loop2=100",
      "priority.loop1=0",
    ])
    #expect(settings.changes == ["selector": "latency", "hedge": "5"])
    #expect(each[0].changes(of: "/dev/loop1").isEmpty)
    #expect(each[1].changes(of: "/dev/loop2") == ["weight./dev/loop2": "100"])
  }

  @Test("a path's key takes its short and its full name")
  func pathKeys() throws {
    let (_, each) = try apply(["priority.loop2=255", "weight./dev/loop1=7"])
    #expect(each == [PathSettings(weight: 7), PathSettings(priority: 255)])
    #expect(error("weight.loop3=1")?.code == .notFound)
    #expect(
      error("priority=1")
        == ControlError(
          .badRequest, "priority is set for one path", hint: "write it as priority.PATH=0..255"))
  }

  @Test("a value that cannot be is refused with what can", arguments: Setting.all.map { $0.name })
  func impossible(name: String) {
    for value in ["", "-1", "1e3", "99999999999999999999", "\u{1b}[2J", "Manual"] {
      let refused = error("\(name)=\(value)")
      #expect(refused?.code == .badRequest)
      #expect(refused?.hint?.hasPrefix("give ") == true)
      #expect(refused?.message.contains("\u{1b}") == false)
    }
  }

  @Test("limits hold at both ends")
  func limits() {
    #expect(error("hedge=21")?.hint == "give 0 to 20")
    #expect(error("weight.loop1=0")?.hint == "give 1 to 100")
    #expect(error("weight.loop1=101") != nil)
    #expect(error("priority.loop1=256") != nil)
    #expect(error("no-path-bytes=2G")?.hint == "give 0 to 1G, with K, M or G for powers of 1024")
    #expect(error("no-path-bytes=17179869184G") != nil)
    #expect(error("no-path-bytes=1G") == nil)
  }

  @Test("values that are possible alone and not together are refused")
  func together() {
    #expect(error("stall-floor=60000")?.hint == "set both, the floor below the ceiling")
    #expect(error("stall-floor=60000", "stall-ceiling=60000") == nil)
    #expect(error("probe-first=60000", "probe-longest=59") != nil)
  }

  @Test("a selector is refused where nothing is shared, unless the mode changes with it")
  func selector() {
    #expect(error("selector=latency")?.code == .refused)
    #expect(error("selector=latency")?.hint == "set mode=active-active or mode=active-read as well")
    #expect(error("selector=latency", "mode=active-read") == nil)
    #expect(error("mode=active-passive") == nil)
  }

  @Test("nothing is changed when one of several is refused")
  func allOrNothing() throws {
    var device = DeviceSettings()
    var each: [PathSettings] = []
    let wanted = [Assignment(key: "hedge", value: "5"), Assignment(key: "hedge2", value: "5")]
    let refused = refusal { () throws(ControlError) in
      try Assignment.apply(wanted, to: &device, paths: &each) { _ throws(ControlError) in 0 }
    }
    #expect(refused?.message == "there is no setting 'hedge2'")
    #expect(device == DeviceSettings())
  }

  @Test("an operand needs a key and a sign", arguments: ["", "hedge", "=5"])
  func malformed(operand: String) {
    let refused = refusal { () throws(ControlError) in _ = try Assignment(operand) }
    #expect(refused?.message == "'\(operand)' is not KEY=VALUE")
  }

  @Test("help names every key")
  func help() {
    for name in Setting.all.map({ $0.name }) + PathSetting.all.map({ $0.name + ".PATH" }) {
      #expect(SettingsText.help.contains("  \(name)="))
    }
    #expect(SettingsText.help.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test("create takes settings, and refuses those that set would refuse")
  func create() throws {
    let good = CreateMethod.Params(
      name: "d", mode: .activeActive, paths: ["/dev/loop1"],
      settings: ["selector": "latency", "weight.loop1": "3"])
    #expect(refusal(good.check) == nil)
    #expect(try good.chosenSettings().1 == [PathSettings(weight: 3)])
    let bad = CreateMethod.Params(
      name: "d", paths: ["/dev/loop1"], settings: ["selector": "latency"])
    #expect(refusal(bad.check)?.code == .refused)
  }
}

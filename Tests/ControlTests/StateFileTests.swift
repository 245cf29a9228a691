import Control
import Testing

@Suite("The state file")
struct StateFileTests {
  private let devices = [
    DeviceSpecification(
      name: "data", mode: .activePassive, sizeBytes: 1 << 30, blockBytes: 512,
      options: DeviceOptions(),
      paths: [.init(path: "/dev/loop1", held: true), .init(path: "/dev/loop2")]),
    DeviceSpecification(
      name: "fast", mode: .activeActive, sizeBytes: 4096, blockBytes: 4096,
      options: DeviceOptions(noPathTimeoutSeconds: 0, io: .buffered, allowDuplicate: true),
      paths: [.init(path: "/tmp/ü \"x\"")]),
  ]

  private func failure(_ content: String) -> StateFileError? {
    failure(bytes(content))
  }

  private func failure(_ content: [UInt8]) -> StateFileError? {
    do throws(StateFileError) {
      _ = try StateFile.decode(content)
      return nil
    } catch {
      return error
    }
  }

  @Test("what was written is read back")
  func roundTrip() throws {
    #expect(try StateFile.decode(StateFile.encode(devices)) == devices)
    #expect(try StateFile.decode(StateFile.encode([])) == [])
  }

  @Test("the file can be read by people and ends with a line feed")
  func layout() throws {
    #expect(
      text(try StateFile.encode([devices[0]])) == """
        {
          "devices" : [
            {
              "allowDuplicate" : false,
              "blockBytes" : 512,
              "io" : "direct",
              "mode" : "active-passive",
              "name" : "data",
              "noPathTimeoutSeconds" : 60,
              "paths" : [
                {
                  "held" : true,
                  "path" : "/dev/loop1"
                },
                {
                  "held" : false,
                  "path" : "/dev/loop2"
                }
              ],
              "sizeBytes" : 1073741824
            }
          ],
          "version" : 1
        }

        """)
  }

  @Test("settings and the preferred path are kept, in the order of their keys")
  func settings() throws {
    let device = DeviceSpecification(
      name: "d", mode: .activeActive, sizeBytes: 512, blockBytes: 512, options: DeviceOptions(),
      paths: [.init(path: "/dev/loop1"), .init(path: "/dev/loop2")],
      settings: ["selector": "latency", "hedge": "5", "weight./dev/loop2": "9"],
      preferred: "/dev/loop2")
    let content = try StateFile.encode([device])
    #expect(try StateFile.decode(content) == [device])
    #expect(
      text(content).contains(
        """
              "settings" : {
                "hedge" : "5",
                "selector" : "latency",
                "weight./dev/loop2" : "9"
              },
        """))
    let (settings, each) = try device.currentSettings()
    #expect(settings.selector == .latency && settings.hedgePercent == 5)
    #expect(settings.mode == .activeActive)
    #expect(each == [PathSettings(), PathSettings(weight: 9)])
    let bad = text(content).split(separator: #""5""#, omittingEmptySubsequences: false)
      .joined(separator: #""50""#)
    guard case .damaged = failure(bad) else {
      Issue.record("a setting that cannot be was believed")
      return
    }
  }

  @Test("a selector outlives the mode that has no use for it, and a newer setting is passed over")
  func settingsOfOthers() throws {
    let device = DeviceSpecification(
      name: "d", mode: .activePassive, sizeBytes: 512, blockBytes: 512, options: DeviceOptions(),
      paths: [.init(path: "/a")], settings: ["selector": "latency", "brand-new": "1"])
    #expect(try StateFile.decode(StateFile.encode([device])) == [device])
    #expect(try device.currentSettings().0.selector == .latency)
    #expect(device.unknownSettings == ["brand-new"])
  }

  @Test("a file of a newer daemon is told from a damaged one, whatever else is in it")
  func newer() {
    #expect(failure(#"{"version":2,"devices":"elsewhere"}"#) == .unknownVersion(2))
    #expect(StateFileError.unknownVersion(2).message.contains("version 2"))
  }

  @Test("a file that was cut off anywhere is damaged")
  func truncated() throws {
    let whole = try StateFile.encode(devices)
    for length in 0..<(whole.count - 2) {
      guard case .damaged = failure(Array(whole.prefix(length))) else {
        Issue.record("a file cut to \(length) bytes was believed")
        return
      }
    }
  }

  @Test("a device that create would refuse is damage")
  func impossibleDevices() throws {
    let good = text(try StateFile.encode([devices[1]]))
    #expect(failure(good) == nil)
    for (from, to) in [
      (#""fast""#, #""../fast""#), (#""fast""#, #""control""#), ("/tmp/", "tmp/"),
      (#""blockBytes" : 4096"#, #""blockBytes" : 4095"#),
      (#""sizeBytes" : 4096"#, #""sizeBytes" : 4097"#),
      (#""sizeBytes" : 4096"#, #""sizeBytes" : -4096"#),
      ("active-active", "active-inactive"),
      (#""noPathTimeoutSeconds" : 0"#, #""noPathTimeoutSeconds" : 18446744073709551615"#),
    ] {
      let bad = good.split(separator: from, omittingEmptySubsequences: false).joined(separator: to)
      #expect(bad != good)
      guard case .damaged = failure(bad) else {
        Issue.record("\(to) was believed")
        continue
      }
    }
  }

  @Test("a device that is in the file twice is damage")
  func twice() throws {
    let content = try StateFile.encode([devices[0], devices[0]])
    #expect(failure(content) == .damaged("the device data is in it twice"))
  }
}

import Control
import Testing

@Suite("What create refuses without a look at the system")
struct CreateCheckTests {
  private func message(_ params: CreateMethod.Params) -> String? {
    refusal(params.check)?.message
  }

  @Test("a proper request passes")
  func proper() {
    #expect(message(CreateMethod.Params(name: "data", paths: ["/dev/loop1", "/x"])) == nil)
  }

  @Test("a device needs a path, and has a limit of them")
  func count() {
    #expect(
      message(CreateMethod.Params(name: "data", paths: [])) == "a device needs at least one path")
    let many = (0...CreateMethod.pathsMax).map { "/p\($0)" }
    #expect(
      message(CreateMethod.Params(name: "data", paths: many))
        == "a device can have at most \(CreateMethod.pathsMax) paths")
    #expect(message(CreateMethod.Params(name: "data", paths: Array(many.dropLast()))) == nil)
  }

  @Test("a path is absolute, not empty, and given once")
  func paths() {
    #expect(
      message(CreateMethod.Params(name: "data", paths: ["loop1"]))
        == "the path loop1 is not absolute")
    #expect(message(CreateMethod.Params(name: "data", paths: [""])) == "a path cannot be empty")
    #expect(
      message(CreateMethod.Params(name: "data", paths: ["/a\0b"]))
        == "a path cannot contain a zero byte")
    #expect(
      message(CreateMethod.Params(name: "data", paths: ["/x", "/y", "/x"]))
        == "the path /x is given twice")
  }

  @Test("a time that would overflow a clock is refused")
  func timeout() {
    let endless = DeviceOptions(noPathTimeoutSeconds: .max)
    #expect(
      message(CreateMethod.Params(name: "data", paths: ["/x"], options: endless))
        == "a no-path timeout of 18446744073709551615 seconds is too long")
    let longest = DeviceOptions(noPathTimeoutSeconds: DeviceOptions.noPathTimeoutSecondsMax)
    #expect(message(CreateMethod.Params(name: "d", paths: ["/x"], options: longest)) == nil)
  }

  @Test("with both flags active/read wins")
  func flags() {
    #expect(DeviceMode(activeActive: false, activeRead: false) == .activePassive)
    #expect(DeviceMode(activeActive: true, activeRead: false) == .activeActive)
    #expect(DeviceMode(activeActive: false, activeRead: true) == .activeRead)
    #expect(DeviceMode(activeActive: true, activeRead: true) == .activeRead)
  }
}

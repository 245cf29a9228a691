import Control
import Testing

@Suite("Device names")
struct DeviceNameTests {
  @Test(
    "letters, digits, dots, underscores and hyphens make a name",
    arguments: [
      "d", "0", "data", "Disk-1", "a.b_c-d", "controls", "Control", "a..",
      String(repeating: "n", count: 63),
    ])
  func accepted(name: String) throws {
    #expect(try DeviceName(name).text == name)
  }

  @Test(
    "everything else is refused before it becomes a file name",
    arguments: [
      "", ".", "..", ".hidden", "-A", "_x", "a/b", "../etc", "a b", "a\n", "a\0", "é", "aé", "ａ",
      "a%2f", String(repeating: "n", count: 64),
    ])
  func refused(name: String) {
    let error = refusal { () throws(ControlError) in _ = try DeviceName(name) }
    #expect(error?.code == .badRequest)
    #expect(
      error?.message.hasSuffix(
        "is no device name: a name has 1 to 63 letters, digits, dots, underscores and hyphens, "
          + "and begins with a letter or a digit") == true)
    #expect(error?.message.contains("\n") == false)
  }

  @Test("control is reserved for the daemon's own socket")
  func reserved() {
    let error = refusal { () throws(ControlError) in _ = try DeviceName("control") }
    #expect(error?.message == "the device name control is reserved")
  }
}

import Control
import Testing

@Suite("The run directory")
struct RunDirectoryTests {
  private func socket(
    flag: String? = nil, runDirectory: String? = nil, environment: String? = nil
  ) throws -> String {
    try RunDirectory.controlSocket(
      socketFlag: flag, runDirectoryFlag: runDirectory, environment: environment,
      workingDirectory: "/home/op")
  }

  @Test("flags beat the environment, the environment beats the default")
  func precedence() throws {
    #expect(try socket() == "/run/mpathd/control.sock")
    #expect(try socket(environment: "") == "/run/mpathd/control.sock")
    #expect(try socket(environment: "/e.sock") == "/e.sock")
    #expect(try socket(runDirectory: "run", environment: "/e") == "/home/op/run/control.sock")
    #expect(try socket(flag: "s", runDirectory: "/r", environment: "/e") == "/home/op/s")
  }

  @Test("a socket name that the kernel cannot take is refused")
  func tooLong() throws {
    let fits = "/" + String(repeating: "x", count: 106)
    #expect(try socket(flag: fits) == fits)
    let error = refusal { () throws(ControlError) in
      _ = try RunDirectory.usable(fits + "y", workingDirectory: "/")
    }
    #expect(error?.code == .refused)
    #expect(error?.message.contains("108 bytes long") == true)
  }

  @Test("each device has its socket there and a URI that leads to it")
  func uri() throws {
    let name = try DeviceName("data")
    let directory = try RunDirectory()
    #expect(directory.controlSocket == "/run/mpathd/control.sock")
    #expect(directory.socket(of: name) == "/run/mpathd/data.sock")
    #expect(directory.uri(of: name) == "nbd+unix:///data?socket=/run/mpathd/data.sock")
    let relative = try RunDirectory(path: "./run/", workingDirectory: "/tmp")
    #expect(relative.socket(of: name) == "/tmp/run/data.sock")
    #expect(try RunDirectory(path: "/").socket(of: name) == "/data.sock")
  }

  @Test("what a URI cannot hold is percent-encoded")
  func encoding() {
    #expect(
      RunDirectory.uri(name: "a~b", socket: "/tmp/50% & é?#+\n.sock")
        == "nbd+unix:///a~b?socket=/tmp/50%25%20%26%20%C3%A9%3F%23%2B%0A.sock")
  }
}

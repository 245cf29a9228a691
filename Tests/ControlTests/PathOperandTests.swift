import Control
import Testing

@Suite("Path operands")
struct PathOperandTests {
  private let entries: Set<String> = ["loop1", "sda", ".", ".."]

  private func absolute(_ operand: String, in directory: String = "/home/op") throws -> String {
    try PathOperand.absolute(
      operand, workingDirectory: directory, isDeviceEntry: { entries.contains($0) })
  }

  @Test("loop1 and /dev/loop1 are one operand")
  func deviceEntry() throws {
    #expect(try absolute("loop1") == "/dev/loop1")
    #expect(try absolute("/dev/loop1") == "/dev/loop1")
    #expect(try PathOperand.forMatching("loop1", workingDirectory: "/home/op") == "loop1")
    #expect(try PathOperand.forMatching("/dev/loop1", workingDirectory: "/x") == "/dev/loop1")
  }

  @Test("a name that /dev does not have is a file where the caller stands")
  func file() throws {
    #expect(try absolute("disk.img") == "/home/op/disk.img")
    #expect(try absolute("./loop1") == "/home/op/loop1")
    #expect(try absolute("sub/disk.img") == "/home/op/sub/disk.img")
    #expect(try absolute("a", in: "/") == "/a")
    #expect(try absolute(".") == "/home/op")
    #expect(try absolute("..") == "/home/op/..")
    #expect(try PathOperand.forMatching("./a", workingDirectory: "/home/op") == "/home/op/a")
  }

  @Test("needless slashes and dots go, dot-dot stays since a link may stand before it")
  func tidied() throws {
    #expect(try absolute("//dev///./loop1") == "/dev/loop1")
    #expect(try absolute("/a/../b/") == "/a/../b")
  }

  @Test("the short name is the last component")
  func shortName() {
    #expect(PathOperand.shortName(of: "/dev/loop1") == "loop1")
    #expect(PathOperand.shortName(of: "/dev/mapper/x") == "x")
    #expect(PathOperand.shortName(of: "/") == "/")
  }

  @Test("what no file can be called is refused")
  func impossible() {
    for operand in ["", "a\0b", String(repeating: "x", count: 5000)] {
      let error = refusal { () throws(ControlError) in
        _ = try PathOperand.absolute(operand, workingDirectory: "/", isDeviceEntry: { _ in true })
      }
      #expect(error?.code == .badRequest)
      let other = refusal { () throws(ControlError) in
        _ = try PathOperand.forMatching(operand, workingDirectory: "/")
      }
      #expect(other?.code == .badRequest)
    }
  }

  private let paths = [
    (name: "loop1", path: "/dev/loop1"), (name: "disk.img", path: "/a/disk.img"),
    (name: "disk.img", path: "/b/disk.img"),
  ]

  @Test("a path is found by its short or its full name")
  func match() throws {
    #expect(try PathOperand.match(operand: "loop1", among: paths) == 0)
    #expect(try PathOperand.match(operand: "/dev/loop1", among: paths) == 0)
    #expect(try PathOperand.match(operand: "/b/disk.img", among: paths) == 2)
  }

  @Test("a short name of two paths is refused, and the full names are offered")
  func ambiguous() {
    let error = refusal { () throws(ControlError) in
      _ = try PathOperand.match(operand: "disk.img", among: paths)
    }
    #expect(error?.code == .refused)
    #expect(error?.hint == "give the full name: /a/disk.img or /b/disk.img")
  }

  @Test("an unknown path is refused with the names of the known ones")
  func unknown() {
    let error = refusal { () throws(ControlError) in
      _ = try PathOperand.match(operand: "loop2", among: paths)
    }
    #expect(error?.code == .notFound)
    #expect(error?.message == "the device has no path loop2")
    #expect(error?.hint == "its paths are: /dev/loop1, /a/disk.img, /b/disk.img")
  }
}

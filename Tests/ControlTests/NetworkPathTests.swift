import Control
import Testing

@Suite("NBD servers as operands")
struct NetworkPathTests {
  private func absolute(_ operand: String) throws(ControlError) -> String {
    try PathOperand.absolute(
      operand, workingDirectory: "/home/op", isDeviceEntry: { _ in true })
  }

  @Test("an address is kept in one form, and never becomes a file")
  func canonical() throws {
    #expect(try absolute("nbd://A.example:10809/vol") == "nbd://a.example/vol")
    #expect(try absolute("nbd://a.example") == "nbd://a.example/")
    #expect(
      try absolute("nbd+unix:///vol?socket=run/s%2Eock")
        == "nbd+unix:///vol?socket=/home/op/run/s.ock")
    #expect(try absolute("./nbd") == "/home/op/nbd")
  }

  @Test(
    "what is no address of a path is refused with what to write",
    arguments: [
      ("nbds://a/vol", "TLS"), ("nbds+unix:///?socket=/s", "TLS"), ("iscsi://a/vol", "scheme"),
      ("NBD://a/vol", "scheme"), ("nbd:a:10809", "nbd://"), ("nbd://a:0/vol", "port"),
      ("nbd+unix:///vol", "socket"), ("nbd://a/vol?conections=4", "conections"),
      ("nbd://me@a/vol", "TLS"), ("nbd://a/vol?tls-type=x509", "TLS"), ("nbd://a/v\u{1b}[2J", "U+"),
    ])
  func refused(operand: String, word: String) {
    let error = refusal { () throws(ControlError) in _ = try absolute(operand) }
    #expect(error?.message.contains(word) == true, "\(String(describing: error))")
    #expect(error?.hint?.isEmpty == false)
    #expect(error?.message.contains("\u{1b}") == false)
  }

  @Test("a request must name a server in that form, so that nobody has it twice")
  func twoSpellings() throws {
    try PathOperand.requireAbsolute("nbd://a/vol")
    for spelling in ["nbd://a:10809/vol", "nbd+unix:///?socket=s"] {
      let error = refusal { () throws(ControlError) in
        try PathOperand.requireAbsolute(spelling)
      }
      #expect(error?.hint?.hasPrefix("write it as nbd") == true, "\(spelling)")
    }
  }

  @Test(
    "its short name can be typed, and leads back to it",
    arguments: [
      ("nbd://a/vol", "a:10809/vol"), ("nbd://[::1]:10810/pool/vol", "[::1]:10810/pool/vol"),
      ("nbd://a:99/", "a:99"), ("nbd+unix:///vol?socket=/run/left.sock", "left.sock:vol"),
      ("nbd+unix:///?socket=/run/left.sock", "left.sock"),
    ])
  func shortName(path: String, name: String) throws {
    #expect(PathOperand.shortName(of: path) == name)
    let typed = try PathOperand.forMatching(name, workingDirectory: "/home/op")
    let paths = [(name: "x", path: "/dev/x"), (name: name, path: path)]
    #expect(try PathOperand.match(operand: typed, among: paths) == 1)
    let full = try PathOperand.forMatching(path, workingDirectory: "/home/op")
    #expect(try PathOperand.match(operand: full, among: paths) == 1)
  }

  @Test("a file in a folder with a colon needs a dot in front of it")
  func colon() throws {
    #expect(
      try PathOperand.forMatching("./a:1/vol", workingDirectory: "/home/op") == "/home/op/a:1/vol")
  }

  @Test("what is set about a path splits at the last sign, of a device at the first")
  func signs() throws {
    let about = try Assignment("priority.nbd+unix:///v?socket=/s=10")
    #expect(about.key == "priority.nbd+unix:///v?socket=/s")
    #expect(about.value == "10")
    #expect(try Assignment("fence-command=/bin/f --off=now").value == "/bin/f --off=now")
  }

  @Test("several connections are for servers only")
  func connections() {
    let paths = ["/dev/sda", "nbd://a/vol"]
    func check(_ counts: UInt8...) -> ControlError? {
      refusal { () throws(ControlError) in
        try Assignment.checkConnections(counts.map { PathSettings(connections: $0) }, of: paths)
      }
    }
    #expect(check(1, 16) == nil)
    #expect(check(2, 1)?.message.contains("/dev/sda") == true)
  }

  @Test("add takes settings of the path, and only those")
  func add() throws {
    let params = AddMethod.Params(
      name: "data", path: "nbd://a/vol", settings: ["priority": "7", "connections": "4"])
    #expect(try params.chosenSettings() == PathSettings(priority: 7, connections: 4))
    let wrong = AddMethod.Params(name: "data", path: "nbd://a/vol", settings: ["mode": "x"])
    #expect(refusal { () throws(ControlError) in try wrong.check() }?.code == .badRequest)
  }
}

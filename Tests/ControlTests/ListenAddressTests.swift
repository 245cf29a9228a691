import Control
import Testing

@Suite struct ListenAddressTests {
  @Test(arguments: ["127.0.0.1:10809", "[::1]:0", "*:10809", "unix:/run/x.sock", "[fe80::1]:65535"])
  func isReadAsItIsShown(text: String) throws {
    #expect(try ListenAddress(text).text == text)
  }

  @Test(
    arguments: [
      "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
      ":10809",
      "localhost:10809", "::1:10809", "[]:1", "[::1:10809", "unix:", "unix:relative", "unix:/a\0b",
      "*", "127.0.0.1:1 ", "unix:/" + String(repeating: "x", count: 107),
    ])
  func whatIsNoneIsRefusedWithAFix(text: String) {
    #expect {
      _ = try ListenAddress(text)
    } throws: { error in
      (error as? ControlError)?.hint != nil
    }
  }

  @Test func hasAURIForClients() throws {
    #expect(
      try ListenAddress("*:10809").uri(name: "data", isSecured: true)
        == "nbds://localhost:10809/data")
    #expect(
      try ListenAddress("[::1]:1").uri(name: "a b", isSecured: false) == "nbd://[::1]:1/a%20b")
    #expect(
      try ListenAddress("unix:/x").uri(name: "data", isSecured: false)
        == "nbd+unix:///data?socket=/x")
  }

  @Test func tcpTakesTLSOrAWordOnIt() throws {
    for (export, insecure) in [
      (ExportSpecification(listen: "127.0.0.1:1"), true),
      (ExportSpecification(listen: "127.0.0.1:1", keys: "/k"), false),
      (ExportSpecification(listen: "unix:/x"), false),
    ] {
      try ExportMethod.Params(name: "data", export: export, insecure: insecure).check()
    }
    for export in [
      ExportSpecification(listen: "127.0.0.1:1"),
      ExportSpecification(listen: "unix:/x", certificates: "/c", keys: "/k"),
      ExportSpecification(listen: "unix:/x", keys: "/k", verifyClients: true),
      ExportSpecification(listen: "unix:/x", keys: "relative"),
    ] {
      #expect(throws: ControlError.self) {
        try ExportMethod.Params(name: "data", export: export).check()
      }
    }
  }
}

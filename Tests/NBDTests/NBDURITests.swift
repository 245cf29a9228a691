import NBD
import Testing

@Suite("NBD URIs")
struct NBDURITests {
  typealias Text = (given: String, host: String, port: UInt16, export: String, canonical: String)

  static let tcp: [Text] = [
    ("nbd://example.com", "example.com", 10809, "", "nbd://example.com/"),
    ("nbd://example.com/", "example.com", 10809, "", "nbd://example.com/"),
    ("nbd://example.com:10809/disk", "example.com", 10809, "disk", "nbd://example.com/disk"),
    ("nbd://Example.COM:1/Disk", "example.com", 1, "Disk", "nbd://example.com:1/Disk"),
    ("nbd://example.com//disk", "example.com", 10809, "/disk", "nbd://example.com//disk"),
    ("nbd://h/a/../b/./c/", "h", 10809, "a/../b/./c/", "nbd://h/a/../b/./c/"),
    ("nbd://h/hello%20world", "h", 10809, "hello world", "nbd://h/hello%20world"),
    ("nbd://h/caf%c3%A9", "h", 10809, "caf\u{e9}", "nbd://h/caf%C3%A9"),
    ("nbd://h/a%2Fb%3fc%23", "h", 10809, "a/b?c#", "nbd://h/a/b%3Fc%23"),
    ("nbd://h/a;b=c&d", "h", 10809, "a;b=c&d", "nbd://h/a;b=c&d"),
    ("nbd://127.0.0.1:00001/", "127.0.0.1", 1, "", "nbd://127.0.0.1:1/"),
    ("nbd://[::1]", "::1", 10809, "", "nbd://[::1]/"),
    ("nbd://[FE80::1]:7/x", "fe80::1", 7, "x", "nbd://[fe80::1]:7/x"),
    ("nbd://[fe80::1%25eth0]:7/x", "fe80::1%eth0", 7, "x", "nbd://[fe80::1%25eth0]:7/x"),
    ("nbd:///disk", "localhost", 10809, "disk", "nbd://localhost/disk"),
    ("nbd://", "localhost", 10809, "", "nbd://localhost/"),
    ("nbd://a%2db/", "a-b", 10809, "", "nbd://a-b/"),
    ("nbd://h?x-y=1", "h", 10809, "", "nbd://h/?x-y=1"),
  ]

  @Test("over TCP", arguments: tcp)
  func overTCP(text: Text) throws {
    let uri = try NBDURI(parsing: text.given)
    #expect(uri.transport == .tcp(host: text.host, port: text.port))
    #expect(uri.exportName == text.export)
    #expect(!uri.requiresTLS)
    #expect(uri.text == text.canonical)
    #expect(try NBDURI(parsing: uri.text) == uri)
  }

  @Test(
    "over a Unix socket",
    arguments: [
      ("nbd+unix:///?socket=/run/s", "/run/s", "", "nbd+unix:///?socket=/run/s"),
      ("nbd+unix://?socket=/run/s", "/run/s", "", "nbd+unix:///?socket=/run/s"),
      ("nbd+unix:///a?socket=nbd.sock", "nbd.sock", "a", "nbd+unix:///a?socket=nbd.sock"),
      ("nbd+unix:///a?%73ocket=/a%20+b", "/a +b", "a", "nbd+unix:///a?socket=/a%20%2Bb"),
      ("nbd+unix:///a?socket=/x?y=z", "/x?y=z", "a", "nbd+unix:///a?socket=/x%3Fy%3Dz"),
      ("nbd+unix:///a?&&socket=/x&", "/x", "a", "nbd+unix:///a?socket=/x"),
      ("nbd+unix:///a?=v&socket=/x", "/x", "a", "nbd+unix:///a?socket=/x"),
      ("nbd+unix:///a?x=1;socket=/x", "/x", "a", "nbd+unix:///a?socket=/x&x=1"),
      ("nbd+unix:///a?socket=/x;y&z=1", "/x;y", "a", "nbd+unix:///a?socket=/x%3By&z=1"),
    ])
  func overUnix(given: String, path: String, export: String, canonical: String) throws {
    let uri = try NBDURI(parsing: given)
    #expect(uri.transport == .unix(socketPath: path))
    #expect(uri.exportName == export)
    #expect(uri.text == canonical)
    #expect(try NBDURI(parsing: uri.text) == uri)
  }

  @Test("TLS is read, for others to refuse")
  func tls() throws {
    let text =
      "nbds://al%40ice@h/d?tls-type=x509&tls-hostname=n&tls-verify-peer=0"
      + "&tls-certificates=/c&tls-psk-file=/k"
    let uri = try NBDURI(parsing: text)
    #expect(uri.requiresTLS)
    #expect(uri.userName == "al@ice")
    #expect(uri.tls.type == .certificates)
    #expect(uri.tls.hostName == "n")
    #expect(uri.tls.verifiesPeer == false)
    #expect(uri.tls.certificatesPath == "/c")
    #expect(uri.tls.presharedKeyPath == "/k")
    #expect(uri.text == text)
    #expect(try NBDURI(parsing: "nbds+unix:///?socket=/s").requiresTLS)
    #expect(try NBDURI(parsing: "nbd://h/").tls == TLSParameters())
  }

  @Test("unknown parameters are kept, so that somebody can complain")
  func unknownParameters() throws {
    let uri = try NBDURI(parsing: "nbd://h/?foo&x=1&x=2")
    #expect(uri.unknownParameters.map(\.name) == ["foo", "x", "x"])
    #expect(uri.unknownParameters.map(\.value) == ["", "1", "2"])
    #expect(try NBDURI(parsing: uri.text) == uri)
  }

  static let mistakes: [(String, NBDURIError)] = [
    ("", .unknownScheme("")), ("/dev/sda", .unknownScheme("")),
    ("http://h/", .unknownScheme("http")),
    ("NBD://h/", .unknownScheme("NBD")), ("nbd+tcp://h/", .unknownScheme("nbd+tcp")),
    ("nbd+vsock://2/", .unknownScheme("nbd+vsock")), (" nbd://h/", .unknownScheme(" nbd")),
    ("nbd:h", .slashesMissing(scheme: "nbd")), ("nbd:/h", .slashesMissing(scheme: "nbd")),
    ("nbd+unix:/a?socket=/s", .slashesMissing(scheme: "nbd+unix")),
    ("nbd://h/a b", .illegalCharacter(" ")), ("nbd://h/caf\u{e9}", .illegalCharacter("\u{e9}")),
    ("nbd://h/a\"b", .illegalCharacter("\"")), ("nbd://h/a\n", .illegalCharacter("\n")),
    ("nbd://h/a\0b", .illegalCharacter("\0")), ("nbd://h/[a]", .illegalCharacter("[")),
    ("nbd://h/a%zz", .badEscape), ("nbd://h/a%", .badEscape), ("nbd://h/a%4", .badEscape),
    ("nbd://h/a%00b", .illegalText(part: "export's name")),
    ("nbd://h/a%ff", .illegalText(part: "export's name")),
    ("nbd://h/a#b", .fragment),
    ("nbd://::1/", .badPort(":1")), ("nbd://[::1/", .badHost("[::1")), ("nbd://[]/", .badHost("")),
    ("nbd://[localhost]/", .badHost("localhost")), ("nbd://[::1]x/", .badHost("[::1]x")),
    ("nbd://[::1%25]/", .badHost("::1%25")), ("nbd://a%3Ab/", .badHost("a%3Ab")),
    ("nbd://h:/", .badPort("")), ("nbd://h:0/", .badPort("0")),
    ("nbd://h:65536/", .badPort("65536")),
    ("nbd://h:x/", .badPort("x")), ("nbd://h:+1/", .badPort("+1")), ("nbd://:1/", .hostMissing),
    ("nbd://h/?socket=/s", .socketWithHost(scheme: "nbd")),
    ("nbd+unix:///a", .socketMissing(scheme: "nbd+unix")),
    ("nbd+unix:///a?socket=", .socketMissing(scheme: "nbd+unix")),
    ("nbds+unix:///a?Socket=/s", .socketMissing(scheme: "nbds+unix")),
    ("nbd+unix://h/a?socket=/s", .hostWithSocket), ("nbd+unix://:1/a?socket=/s", .hostWithSocket),
    ("nbd+unix:///?socket=%00abstract", .illegalText(part: "parameter 'socket'")),
    ("nbd+unix:///?socket=/a&socket=/b", .givenTwice(parameter: "socket")),
    ("nbd+unix:///?socket=/" + String(repeating: "a", count: 107), .socketTooLong),
    ("nbd://h/" + String(repeating: "a", count: 4097), .exportNameTooLong),
    ("nbd://h/" + String(repeating: "a", count: 16384), .tooLong),
    (
      "nbds://h/?tls-type=tls13",
      .badValue(parameter: "tls-type", value: "tls13", allowed: "anon, x509 or psk")
    ),
    (
      "nbds://h/?tls-verify-peer=yes",
      .badValue(parameter: "tls-verify-peer", value: "yes", allowed: "0 or 1")
    ),
  ]

  @Test("what is wrong is said", arguments: mistakes)
  func mistake(text: String, error: NBDURIError) {
    #expect(throws: error) { try NBDURI(parsing: text) }
    #expect(!error.sentence.isEmpty && error.sentence.utf8.count < 200)
  }

  @Test("the scheme tells an address from a file")
  func scheme() {
    for text in ["nbd:x", "nbd://h", "nbds://h", "nbd+unix:///", "nbd+vsock://2"] {
      #expect(NBDURI.hasScheme(text))
    }
    for text in ["/dev/nbd0", "nbd", "nbd0", "nbdx://h", ""] { #expect(!NBDURI.hasScheme(text)) }
  }

  @Test("random addresses keep their meaning", arguments: 0..<300 as Range<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    func text(_ count: Int) -> String {
      let scalars: [Unicode.Scalar] = [
        "a", "Z", "0", "/", ":", "@", "%", "?", "#", "&", ";", "=", "+", " ", "[", "]", "\u{e9}",
        "\u{1f4be}", "\n", "~", "'", "\"",
      ]
      var text = ""
      for _ in 0..<count {
        text.unicodeScalars.append(scalars[Int.random(in: scalars.indices, using: &random)])
      }
      return text
    }
    let hosts = ["h", "10.0.0.1", "::1", "fe80::1%eth0", "a b", "caf\u{e9}"]
    let host = hosts[Int.random(in: hosts.indices, using: &random)]
    let uri = NBDURI(
      transport: Bool.random(using: &random)
        ? .tcp(host: host, port: .random(in: 1...65535, using: &random))
        : .unix(socketPath: text(.random(in: 1...20, using: &random))),
      exportName: text(.random(in: 0...20, using: &random)),
      requiresTLS: Bool.random(using: &random),
      userName: Bool.random(using: &random) ? text(3) : nil,
      unknownParameters: (0..<Int.random(in: 0...2, using: &random)).map { _ in
        NBDURI.Parameter(name: "x" + text(2), value: text(4))
      })
    #expect(try NBDURI(parsing: uri.text) == uri)
  }

  @Test("noise is refused or keeps its meaning", arguments: 0..<300 as Range<UInt64>)
  func noise(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let starts = ["nbd://", "nbds://", "nbd+unix://", ""]
    var text = starts[Int.random(in: starts.indices, using: &random)]
    let alphabet = Array("ab1:/?#[]@%&=;.socket".unicodeScalars)
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      text.unicodeScalars.append(alphabet[Int.random(in: alphabet.indices, using: &random)])
    }
    guard let uri = try? NBDURI(parsing: text) else { return }
    #expect((try? NBDURI(parsing: uri.text)) == uri)
  }
}

internal import Glibc
import NBD
import Testing

/// Our reading held against libnbd's own, where it is installed.
@Suite("NBD URIs, as libnbd reads them")
struct NBDURILibnbdTests {
  /// Reads one address a line; answers "-" or the export's name in hexadecimal and whether TLS is
  /// demanded. Every connection fails, as it must: nothing listens on the port or the socket.
  private static let program = """
    from sys import stdin
    from nbd import NBD, Error
    for line in stdin:
        h = NBD()
        h.set_uri_allow_local_file(True)
        try: h.connect_uri(line.rstrip("\\n"))
        except Error as e:
            if e.errno == "EINVAL": print("-", flush=True); continue
        print(h.get_export_name().encode().hex() + " " + str(h.get_tls()), flush=True)
    """

  static let isInstalled =
    output(of: "/usr/bin/python3 -c 'import nbd' 2>&1 && echo yes") == "yes\n"

  /// Nothing here is ever resolved or connected to.
  private static let places = ["nbd://127.0.0.1:1", "nbds://127.0.0.1:1", "nbd://[::1]:1"]
  private static let exports = [
    "", "/", "/a", "//a", "/a/b/", "/a/../b", "/a%20b%2Fc", "/caf%C3%A9", "/a;b=c&d",
    "/a:@!$'()*+,",
    "/a%zz", "/a%", "/a%2", "/a b", "/[a]", "/a\"b", "/a^b", "/a|b", "/a{b}", "/a\\b", "/a`b",
  ]
  private static let queries = ["", "?x=1", "?socket=/x", "?tls-type=psk&tls-verify-peer=1"]
  private static let sockets = [
    "nbd+unix://", "nbds+unix://", "nbd+unix:", "nbd+unix:/", "nbd+tcp://", "NBD+unix://",
  ]
  private static let socketQueries = [
    "", "?socket=/nosuch", "?Socket=/nosuch", "?&&socket=/nosuch&", "?=v&socket=/nosuch",
    "?x=1;socket=/nosuch", "?x;socket=/nosuch&y", "?%73ocket=/no%20such", "?socket=/nosuch?a=b",
    "?socket=/no%zz", "?socket=/no such",
  ]
  private static let hosts = [
    "nbd://127.0.0.1:x/a", "nbd://127.0.0.1:/a", "nbd://::1:1/a", "nbd:///a?x", "nbd:a", "nbd:/a",
    "nbd", "/a", "nbd://[::1/a", "nbd://u@127.0.0.1:1/a", "nbd://127.0.0.1:10809999999999999/a",
  ]

  private static var addresses: [String] {
    var addresses = hosts
    for place in places {
      for export in exports { for query in queries { addresses.append(place + export + query) } }
    }
    for socket in sockets {
      for export in exports {
        for query in socketQueries { addresses.append(socket + export + query) }
      }
    }
    return addresses
  }

  @Test("both refuse the same and find the same name", .enabled(if: isInstalled))
  func same() {
    let addresses = Self.addresses
    let quoted = addresses.map { "'" + $0.replacing("'", with: "'\\''") + "'" }
    let answers = Self.output(
      of: "printf '%s\\n' \(quoted.joined(separator: " ")) | "
        + "/usr/bin/python3 -c '\(Self.program)'"
    ).split(separator: "\n")
    #expect(answers.count == addresses.count)
    for (address, answer) in zip(addresses, answers) {
      do throws(NBDURIError) {
        let uri = try NBDURI(parsing: address)
        let ours = Self.hexadecimal(uri.exportName) + (uri.requiresTLS ? " 2" : " 0")
        #expect(ours == answer, "\(address)")
      } catch .hostWithSocket {
        // libnbd drops the host in silence: "nbd+unix://a?socket=..." loses what was meant as a name.
      } catch {
        #expect(answer == "-", "\(address): \(error)")
      }
    }
  }

  private static func hexadecimal(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// What a shell command prints.
  private static func output(of command: String) -> String {
    guard let stream = unsafe popen(command, "r") else { return "" }
    var bytes: [UInt8] = []
    while case let byte = unsafe getc(stream), byte != EOF {
      bytes.append(UInt8(truncatingIfNeeded: byte))
    }
    unsafe pclose(stream)
    return String(decoding: bytes, as: UTF8.self)
  }
}

internal import CLinux
internal import Control
internal import Glibc
internal import NBD

/// Why a path cannot be used, as operators read it.
struct PathTrouble: Error, Sendable, Equatable {
  /// What happened, to be read behind the path's name and a colon.
  let sentence: String
  var hint: String?
  /// The server has no export of the name: a list of those that it has would help.
  var isUnknownExport = false
  /// What the decision machine is told.
  let errno: Int32

  init(_ sentence: String, hint: String?, errno: Int32 = ENOTCONN) {
    self.sentence = sentence
    self.hint = hint
    self.errno = errno
  }

  /// A block device or a file.
  static func unreadable(errno: Int32) -> PathTrouble {
    PathTrouble(
      "it cannot be read: \(ErrnoText.sentence(errno))", hint: "repair the path first", errno: errno
    )
  }

  static func unwritable(errno: Int32) -> PathTrouble {
    PathTrouble(
      "it cannot be written: \(ErrnoText.sentence(errno))", hint: "repair the path first",
      errno: errno)
  }

  static func unresolved(_ host: String, resolverError: Int32) -> PathTrouble {
    let text = unsafe mp_resolver_text(resolverError).map { unsafe String(cString: $0) }
    return PathTrouble(
      "the host \(PrintableText.escaped(host)) cannot be resolved: \(text ?? "no reason given")",
      hint: "check the name, or give an address", errno: EHOSTUNREACH)
  }

  static func notConnected(_ server: String, errno: Int32) -> PathTrouble {
    let shown = PrintableText.escaped(server)
    switch errno {
    case ENOENT, ENOTDIR:
      return PathTrouble(
        "there is no socket \(shown)", hint: "start the server, or check the socket's name",
        errno: errno)
    case ENOTSOCK:
      return PathTrouble(
        "\(shown) is no socket", hint: "name the socket on which the server listens", errno: errno)
    case ECONNREFUSED:
      return PathTrouble(
        "nobody listens on \(shown)", hint: "start the server, or check its address",
        errno: errno)
    case ETIMEDOUT:
      return PathTrouble(
        "\(shown) takes no connection", hint: "check the network and the server", errno: errno)
    default:
      return PathTrouble(
        "\(shown) cannot be connected to: \(ErrnoText.sentence(errno))",
        hint: "check the network and the server", errno: errno)
    }
  }

  static let tooSlow = PathTrouble(
    "server took the connection and did not finish the handshake",
    hint: "it may be hanging, or serve one client at a time: qemu-nbd needs --shared=0",
    errno: ETIMEDOUT)

  static func broken(errno: Int32) -> PathTrouble {
    PathTrouble(
      "the connection broke: \(ErrnoText.sentence(errno))",
      hint: "check the network and the server",
      errno: errno)
  }

  static func refused(_ failure: ClientNegotiationFailure) -> PathTrouble {
    var trouble = PathTrouble(
      PrintableText.escaped(failure.sentence, lengthMax: 400),
      hint: "nbdinfo shows what the server says", errno: EPROTO)
    switch failure {
    case .refused(.unknownExport, _), .hungUpOnExportName: trouble.isUnknownExport = true
    case _: break
    }
    return trouble
  }

  /// With the exports that there are, where the server tells.
  func naming(_ exports: [String]) -> PathTrouble {
    guard !exports.isEmpty else { return self }
    var trouble = self
    let names = exports.map { "'\(PrintableText.escaped($0, lengthMax: 80))'" }
    trouble.hint = "its exports are: " + names.joined(separator: ", ")
    return trouble
  }

  static func lied(_ lie: TransmissionLie) -> PathTrouble {
    PathTrouble(lie.sentence, hint: "use a server that keeps to the protocol", errno: EPROTO)
  }
}

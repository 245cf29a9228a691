/// Where an export listens besides its device's own socket: `HOST:PORT` or `unix:FILE`.
///
/// Hosts are numbers, since a name is looked up, and what it means may change: 127.0.0.1, [::1], or * for all
/// addresses of the machine.
package enum ListenAddress: Hashable, Sendable {
  /// An IPv6 address without its brackets; nil for all addresses.
  case tcp(host: String?, port: UInt16)
  /// An absolute name.
  case unix(String)

  private static let unixPrefix = "unix:"

  package init(_ text: String) throws(ControlError) {
    if text.hasPrefix(Self.unixPrefix) {
      let file = String(text.dropFirst(Self.unixPrefix.count))
      guard file.hasPrefix("/"), !file.utf8.contains(0),
        file.utf8.count <= RunDirectory.socketPathBytesMax
      else { throw Self.refusal(text) }
      self = .unix(file)
      return
    }
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...]),
      text[text.index(after: colon)...].allSatisfy({ $0.isASCII && $0.isNumber })
    else { throw Self.refusal(text) }
    var host = text[..<colon]
    if host == "*" {
      self = .tcp(host: nil, port: port)
      return
    }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    if isBracketed { host = host.dropFirst().dropLast() }
    let legal = isBracketed ? "0123456789abcdefABCDEF:." : "0123456789."
    guard !host.isEmpty, host.utf8.count <= 64, host.allSatisfy({ legal.contains($0) }) else {
      throw Self.refusal(text)
    }
    self = .tcp(host: String(host), port: port)
  }

  private static func refusal(_ text: String) -> ControlError {
    ControlError(
      .badRequest, "\(PrintableText.escaped(text)) is no address to listen at",
      hint: "say ADDRESS:PORT, such as 127.0.0.1:10809, [::1]:10809 or *:10809, or unix:/FILE")
  }

  /// As it is read.
  package var text: String {
    switch self {
    case .unix(let file): Self.unixPrefix + file
    case .tcp(let host, let port): Self.host(host, all: "*") + ":\(port)"
    }
  }

  /// What a client is given.
  package func uri(name: String, isSecured: Bool) -> String {
    let scheme = isSecured ? "nbds" : "nbd"
    switch self {
    case .unix(let file):
      return
        "\(scheme)+unix:///\(PercentEncoding.encode(name))?socket=\(PercentEncoding.encode(file))"
    case .tcp(let host, let port):
      return
        "\(scheme)://\(Self.host(host, all: "localhost")):\(port)/\(PercentEncoding.encode(name))"
    }
  }

  private static func host(_ host: String?, all: String) -> String {
    guard let host else { return all }
    return host.contains(":") ? "[\(host)]" : host
  }
}

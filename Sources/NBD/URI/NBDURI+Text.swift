/// Writing an address.
extension NBDURI: CustomStringConvertible {
  public var description: String { text }

  /// The address in its one canonical form: two equal addresses have one text, and reading the text
  /// gives the address back.
  public var text: String {
    var text = scheme + "://"
    if let userName { text += PercentCoding.encode(userName, keeping: "") + "@" }
    if case .tcp(let host, let port) = transport {
      text += NBDURI.hostText(host)
      if port != NBDURI.defaultPort { text += ":\(port)" }
    }
    text += "/" + PercentCoding.encode(exportName, keeping: "/:@!$'()*+,;=&")
    let query = parameters.map { parameter in
      PercentCoding.encode(parameter.name, keeping: "/:@") + "="
        + PercentCoding.encode(parameter.value, keeping: "/:@")
    }
    return query.isEmpty ? text : text + "?" + query.joined(separator: "&")
  }

  public var scheme: String {
    switch transport {
    case .tcp: requiresTLS ? "nbds" : "nbd"
    case .unix: requiresTLS ? "nbds+unix" : "nbd+unix"
    }
  }

  private static func hostText(_ host: String) -> String {
    guard host.utf8.contains(UInt8(ascii: ":")) else {
      return PercentCoding.encode(host, keeping: "")
    }
    return "[" + PercentCoding.encode(host, keeping: ":") + "]"
  }

  private var parameters: [Parameter] {
    var parameters: [Parameter] = []
    func append(_ name: String, _ value: String?) {
      if let value { parameters.append(Parameter(name: name, value: value)) }
    }
    if case .unix(let path) = transport { append("socket", path) }
    append("tls-type", tls.type?.rawValue)
    append("tls-hostname", tls.hostName)
    append("tls-verify-peer", tls.verifiesPeer.map { $0 ? "1" : "0" })
    append("tls-certificates", tls.certificatesPath)
    append("tls-psk-file", tls.presharedKeyPath)
    return parameters + unknownParameters
  }
}

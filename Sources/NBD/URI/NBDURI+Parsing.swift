/// Reading an address.
extension NBDURI {
  typealias Bytes = ArraySlice<UInt8>

  /// Longest path that fits the address of a Unix socket on Linux, less its final NUL (unix(7)).
  public static let socketPathBytesMax = 107

  public init(parsing text: String) throws(NBDURIError) {
    guard text.utf8.count <= NBDURI.textBytesMax else { throw .tooLong }
    let parts = try URIParts(parsing: text)
    let scheme = parts.scheme
    let requiresTLS = scheme.hasPrefix("nbds")
    let query = try URIQuery(parsing: parts.query)
    let isUnix = scheme.hasSuffix("+unix")
    // Before anything is said about the host itself: it does not belong there at all.
    guard !isUnix || (parts.authority.last ?? UInt8(ascii: "@")) == UInt8(ascii: "@") else {
      throw .hostWithSocket
    }
    let authority = try URIAuthority(parsing: parts.authority)
    let transport: Transport
    if isUnix {
      guard let path = query.socketPath, !path.isEmpty else {
        throw .socketMissing(scheme: scheme)
      }
      guard path.utf8.count <= NBDURI.socketPathBytesMax else { throw .socketTooLong }
      transport = .unix(socketPath: path)
    } else {
      guard query.socketPath == nil else { throw .socketWithHost(scheme: scheme) }
      guard authority.host != nil || authority.port == nil else { throw .hostMissing }
      transport = .tcp(
        host: authority.host ?? "localhost", port: authority.port ?? NBDURI.defaultPort)
    }
    // The first slash separates; a name may begin with one of its own.
    let exportName = try NBDURI.text(parts.path.dropFirst(), part: "export's name")
    guard exportName.utf8.count <= NBDLimits.stringBytesMax else { throw .exportNameTooLong }
    self.init(
      transport: transport, exportName: exportName, requiresTLS: requiresTLS,
      userName: authority.userName, tls: query.tls, unknownParameters: query.unknown)
  }

  /// Decodes a part; `part` is what a sentence about it calls it.
  static func text(_ bytes: Bytes, part: String) throws(NBDURIError) -> String {
    guard let decoded = PercentCoding.decode(bytes) else { throw .badEscape }
    guard !decoded.contains(0), let text = String(validating: decoded, as: UTF8.self) else {
      throw .illegalText(part: part)
    }
    return text
  }
}

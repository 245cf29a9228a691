/// `[user@][host][:port]`, decoded.
struct URIAuthority {
  var userName: String?
  /// Nil when it is empty. Names are in lower case, so that two spellings of one host are equal.
  var host: String?
  var port: UInt16?

  /// Longest name that DNS can hold.
  private static let hostBytesMax = 255

  init(parsing authority: ArraySlice<UInt8>) throws(NBDURIError) {
    var rest = authority
    if let at = rest.lastIndex(of: UInt8(ascii: "@")) {
      userName = try NBDURI.text(rest[..<at], part: "user's name")
      rest = rest[at...].dropFirst()
    }
    let host: ArraySlice<UInt8>
    if rest.first == UInt8(ascii: "[") {
      guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { throw URIAuthority.bad(rest) }
      host = rest[..<end].dropFirst()
      rest = rest[end...].dropFirst()
      self.host = try URIAuthority.address(host)
    } else {
      let colon = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
      host = rest[..<colon]
      rest = rest[colon...]
      self.host = host.isEmpty ? nil : try URIAuthority.name(host)
    }
    guard !rest.isEmpty else { return }
    guard rest.first == UInt8(ascii: ":") else { throw URIAuthority.bad(authority) }
    port = try URIAuthority.port(rest.dropFirst())
  }

  private static func bad(_ host: ArraySlice<UInt8>) -> NBDURIError {
    .badHost(ServerMessage.printable(host))
  }

  private static func name(_ bytes: ArraySlice<UInt8>) throws(NBDURIError) -> String {
    for byte in bytes where "[]@".utf8.contains(byte) { throw bad(bytes) }
    let name = try NBDURI.text(bytes, part: "host").lowercased()
    // A colon can come out of an escape only; it would make the name an address in disguise.
    guard !name.isEmpty, name.utf8.count <= hostBytesMax, !name.utf8.contains(UInt8(ascii: ":")),
      !name.utf8.contains(UInt8(ascii: "/"))
    else { throw bad(bytes) }
    return name
  }

  /// An IPv6 address, with its zone behind `%25` (RFC 6874).
  ///
  /// Only its characters are checked: the resolver knows the rest.
  private static func address(_ bytes: ArraySlice<UInt8>) throws(NBDURIError) -> String {
    let text = try NBDURI.text(bytes, part: "host")
    let pieces = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    let address = (pieces.first.map(String.init) ?? "").lowercased()
    let isAddress =
      address.utf8.contains(UInt8(ascii: ":"))
      && address.utf8.allSatisfy { "0123456789abcdef:.".utf8.contains($0) }
    guard isAddress, text.utf8.count <= hostBytesMax else { throw bad(bytes) }
    guard pieces.count == 2 else { return address }
    let zone = pieces[1]
    guard !zone.isEmpty, zone.utf8.allSatisfy(PercentCoding.isUnreserved) else {
      throw bad(bytes)
    }
    return address + "%" + zone
  }

  private static func port(_ bytes: ArraySlice<UInt8>) throws(NBDURIError) -> UInt16 {
    guard !bytes.isEmpty, bytes.allSatisfy({ "0123456789".utf8.contains($0) }),
      let port = UInt16(String(decoding: bytes, as: UTF8.self)), port > 0
    else { throw .badPort(ServerMessage.printable(bytes)) }
    return port
  }
}

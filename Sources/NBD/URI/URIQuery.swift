/// The parameters of an address, decoded.
struct URIQuery {
  var socketPath: String?
  var tls = TLSParameters()
  var unknown: [NBDURI.Parameter] = []

  init(parsing query: ArraySlice<UInt8>) throws(NBDURIError) {
    for piece in URIQuery.pieces(query) {
      let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
      // A value without a name says nothing, as in libnbd.
      guard equals > piece.startIndex else { continue }
      let name = try NBDURI.text(piece[..<equals], part: "parameter's name")
      let value = try NBDURI.text(piece[equals...].dropFirst(), part: "parameter '\(name)'")
      try accept(name, value)
    }
  }

  /// As libnbd has it: "&" separates, and behind the last of them ";" does as well.
  ///
  /// In front of it a ";" belongs to its value.
  private static func pieces(_ query: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var pieces = query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    guard let last = pieces.popLast() else { return [] }
    return pieces + last.split(separator: UInt8(ascii: ";"))
  }

  private mutating func accept(_ name: String, _ value: String) throws(NBDURIError) {
    switch name {
    case "socket": try Self.set(&socketPath, value, name)
    case "tls-certificates": try Self.set(&tls.certificatesPath, value, name)
    case "tls-psk-file": try Self.set(&tls.presharedKeyPath, value, name)
    case "tls-hostname": try Self.set(&tls.hostName, value, name)
    case "tls-type":
      guard let type = TLSParameters.Authentication(rawValue: value) else {
        throw .badValue(parameter: name, value: value, allowed: "anon, x509 or psk")
      }
      try Self.set(&tls.type, type, name)
    case "tls-verify-peer":
      guard value == "0" || value == "1" else {
        throw .badValue(parameter: name, value: value, allowed: "0 or 1")
      }
      try Self.set(&tls.verifiesPeer, value == "1", name)
    default: unknown.append(NBDURI.Parameter(name: name, value: value))
    }
  }

  private static func set<Value>(
    _ target: inout Value?, _ value: Value, _ name: String
  ) throws(NBDURIError) {
    guard target == nil else { throw .givenTwice(parameter: name) }
    target = value
  }
}

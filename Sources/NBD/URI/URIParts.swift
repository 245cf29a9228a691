/// An address taken apart at its separators, nothing decoded yet.
struct URIParts {
  let scheme: String
  let authority: ArraySlice<UInt8>
  /// Empty, or beginning with a slash.
  let path: ArraySlice<UInt8>
  let query: ArraySlice<UInt8>

  private static let schemes = ["nbd", "nbds", "nbd+unix", "nbds+unix"]

  init(parsing text: String) throws(NBDURIError) {
    var rest = Array(text.utf8)[...]
    let colon = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.startIndex
    scheme = String(decoding: rest[..<colon], as: UTF8.self)
    guard URIParts.schemes.contains(scheme) else {
      throw .unknownScheme(ServerMessage.printable(rest[..<colon]))
    }
    rest = rest[colon...].dropFirst()
    guard rest.starts(with: "//".utf8) else { throw .slashesMissing(scheme: scheme) }
    rest = rest.dropFirst(2)
    try URIParts.checkCharacters(text)
    guard !rest.contains(UInt8(ascii: "#")) else { throw .fragment }
    let question = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
    query = rest[question...].dropFirst()
    rest = rest[..<question]
    let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
    authority = rest[..<slash]
    path = rest[slash...]
    // Brackets are for IPv6 addresses only.
    for part in [path, query] {
      for bracket in part where bracket == UInt8(ascii: "[") || bracket == UInt8(ascii: "]") {
        throw .illegalCharacter(Unicode.Scalar(bracket))
      }
    }
  }

  /// Everything outside RFC 3986 is refused here, whichever part it is in.
  private static func checkCharacters(_ text: String) throws(NBDURIError) {
    for scalar in text.unicodeScalars {
      guard scalar.isASCII else { throw .illegalCharacter(scalar) }
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      guard
        PercentCoding.isUnreserved(byte) || PercentCoding.isSubDelimiter(byte)
          || ":/?#[]@%".utf8.contains(byte)
      else { throw .illegalCharacter(scalar) }
    }
  }
}

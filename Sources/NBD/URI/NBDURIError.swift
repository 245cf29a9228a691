/// What is wrong with an address.
public enum NBDURIError: Error, Hashable, Sendable {
  case tooLong
  /// Also for schemes in capitals, as libnbd has it.
  case unknownScheme(String)
  /// The scheme is not followed by `//`.
  case slashesMissing(scheme: String)
  /// A character that an address cannot have unencoded.
  case illegalCharacter(Unicode.Scalar)
  /// `%` that is not followed by two hexadecimal digits.
  case badEscape
  /// Encoded bytes that are no UTF-8, or a NUL.
  case illegalText(part: String)
  case fragment
  case badHost(String)
  case badPort(String)
  case hostMissing
  case hostWithSocket
  case socketMissing(scheme: String)
  case socketWithHost(scheme: String)
  case socketTooLong
  case exportNameTooLong
  case givenTwice(parameter: String)
  case badValue(parameter: String, value: String, allowed: String)

  /// What is wrong and what to write instead.
  public var sentence: String {
    switch self {
    case .tooLong: "the address is longer than \(NBDURI.textBytesMax) bytes"
    case .unknownScheme(let scheme):
      "unknown scheme '\(scheme)'; use nbd://, nbd+unix://, nbds:// or nbds+unix://"
    case .slashesMissing(let scheme): "the address must begin with '\(scheme)://'"
    case .illegalCharacter(let scalar):
      "the address cannot contain U+\(String(scalar.value, radix: 16)) as it is; write"
        + " \(PercentCoding.escaped(scalar)) for it"
    case .badEscape: "'%' must be followed by two hexadecimal digits; write %25 for '%' itself"
    case .illegalText(let part): "the \(part) must be UTF-8 without NUL"
    case .fragment: "an address ends before '#'; write %23 where it belongs to a name"
    case .badHost(let host):
      "'\(host)' is no host; use a name, an IPv4 address or an IPv6 address in [brackets]"
    case .badPort(let port): "port '\(port)' must be a number from 1 to 65535"
    case .hostMissing: "a port needs a host in front of it"
    case .hostWithSocket:
      "a Unix socket has no host and no port; write nbd+unix:///EXPORT?socket=PATH"
    case .socketMissing(let scheme):
      "the address names no socket; write \(scheme):///EXPORT?socket=PATH"
    case .socketWithHost(let scheme):
      "'\(scheme)' takes no socket parameter; use \(scheme)+unix:///EXPORT?socket=PATH"
    case .socketTooLong: "the socket's path is longer than \(NBDURI.socketPathBytesMax) bytes"
    case .exportNameTooLong: "the export's name is longer than \(NBDLimits.stringBytesMax) bytes"
    case .givenTwice(let parameter): "parameter '\(parameter)' is given twice"
    case .badValue(let parameter, let value, let allowed):
      "'\(value)' is no value for parameter '\(parameter)'; use \(allowed)"
    }
  }
}

/// An error reply in the making: its type and a sentence that names the fix.
struct OptionRefusal: Hashable {
  let type: OptionReplyType
  let message: String

  static let unsupported = OptionRefusal(
    type: .unsupported, message: "this server does not know the option; go on without it")

  static let tooBig = OptionRefusal(
    type: .tooBig, message: "option data is too long; send at most 8192 bytes")

  static let unexpectedData = OptionRefusal(
    type: .invalid, message: "this option takes no data; send it with length 0")

  static let noTLS = OptionRefusal(
    type: .unsupported, message: "this server has no TLS; connect without it")

  static let tlsRequired = OptionRefusal(
    type: .tlsRequired, message: "this export is served over TLS only; send STARTTLS first")

  static let tlsAlready = OptionRefusal(
    type: .invalid, message: "TLS is up already; go on without another STARTTLS")

  static let structuredFirst = OptionRefusal(
    type: .invalid, message: "contexts need structured replies; send STRUCTURED_REPLY first")

  static let extendedAlready = OptionRefusal(
    type: .invalid, message: "extended headers are agreed on; they include structured replies")

  static let malformedContexts = OptionRefusal(
    type: .invalid,
    message: "lengths do not add up; send name length, name, query count and queries, no more")

  static let illegalQuery = OptionRefusal(
    type: .invalid, message: "each query must be UTF-8 without NUL of at most 4096 bytes")

  static let listingOff = OptionRefusal(
    type: .policy, message: "listing is switched off; ask for the export by its name")

  static let listedTooOften = OptionRefusal(
    type: .policy, message: "listed too often on this connection; keep the earlier answer")

  static let malformedInfo = OptionRefusal(
    type: .invalid,
    message: "lengths do not add up; send name length, name, info count and infos, no more")

  static let illegalName = OptionRefusal(
    type: .invalid, message: "export name must be UTF-8 without NUL of at most 4096 bytes")

  static let unknownExport = OptionRefusal(
    type: .unknownExport, message: "no export has this name; see the list of exports")
}

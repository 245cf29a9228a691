/// What a client is told about one export.
public struct ExportDescription: Hashable, Sendable {
  /// Compared byte by byte with what the client asks for.
  public let name: String
  /// For people; empty for none.
  public let description: String
  public let sizeBytes: UInt64
  /// Requests that are not multiples of it are refused; a power of two, at most 65536.
  public let minimumBlockBytes: UInt32
  /// A power of two, at least 512 and at least the minimum.
  public let preferredBlockBytes: UInt32
  /// Longest READ or WRITE; at least the preferred block.
  public let maximumPayloadBytes: UInt32
  public let flags: TransmissionFlags

  /// Takes values that were checked where they came from; `hasFlags` is added.
  ///
  /// Traps on texts that are not `WireText.isLegal`, on block sizes outside the rules above and on
  /// flags that simple replies cannot keep: a client would be told something untrue.
  public init(
    name: String, description: String, sizeBytes: UInt64, minimumBlockBytes: UInt32,
    preferredBlockBytes: UInt32, maximumPayloadBytes: UInt32, flags: TransmissionFlags
  ) {
    precondition(WireText.isLegal(name.utf8) && WireText.isLegal(description.utf8))
    precondition(
      minimumBlockBytes.nonzeroBitCount == 1
        && minimumBlockBytes <= NBDLimits.minimumBlockBytesMax)
    precondition(
      preferredBlockBytes.nonzeroBitCount == 1
        && preferredBlockBytes >= max(minimumBlockBytes, NBDLimits.preferredBlockBytesMin))
    precondition(maximumPayloadBytes >= preferredBlockBytes)
    precondition(flags.union(.hasFlags).suitsSimpleReplies)
    self.name = name
    self.description = description
    self.sizeBytes = sizeBytes
    self.minimumBlockBytes = minimumBlockBytes
    self.preferredBlockBytes = preferredBlockBytes
    self.maximumPayloadBytes = maximumPayloadBytes
    self.flags = flags.union(.hasFlags)
  }

  /// What a client of these terms is told.
  public func flags(on terms: ConnectionTerms) -> TransmissionFlags {
    let offered = flags.offered(with: terms.replies)
    return terms.isReadOnly ? offered.union(.readOnly) : offered
  }

  /// What a request on this export is held against.
  public var limits: RequestLimits {
    RequestLimits(
      sizeBytes: sizeBytes, minimumBlockBytes: minimumBlockBytes,
      maximumPayloadBytes: maximumPayloadBytes, flags: flags)
  }
}

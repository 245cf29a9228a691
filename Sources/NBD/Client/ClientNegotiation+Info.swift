/// What a server tells about an export.
extension ClientNegotiation {
  /// Infos that were not asked for may be sent; they are held to the protocol and dropped.
  mutating func acceptInfo(_ data: [UInt8]) throws(ClientNegotiationFailure) {
    guard data.count >= 2 else { throw .malformedReply(.go) }
    let id: UInt16 = ClientNegotiation.integer(data.prefix(2))
    let body = data.dropFirst(2)
    switch InfoType(rawValue: id) {
    case .export:
      guard body.count == 10 else { throw .malformedReply(.go) }
      try acceptExport(body)
    case .blockSize:
      guard body.count == 12 else { throw .malformedReply(.go) }
      try acceptBlockSizes(body)
    case .name, .description:
      guard WireText.isLegal(body) else { throw .malformedReply(.go) }
    case nil: break
    }
  }

  /// Size and flags, 10 bytes.
  mutating func acceptExport(
    _ body: ArraySlice<UInt8>
  ) throws(ClientNegotiationFailure) {
    let info = ExportInfo(
      sizeBytes: ClientNegotiation.integer(body.prefix(8)),
      flags: TransmissionFlags(rawValue: ClientNegotiation.integer(body.dropFirst(8))))
    // Offsets are signed in every file interface: nobody has an export so large.
    guard info.sizeBytes <= UInt64(Int64.max) else { throw .sizeTooLarge(info.sizeBytes) }
    guard info.flags.contains(.hasFlags) else { throw .flagsMissing(info.flags.rawValue) }
    guard export == nil || export == info else { throw .contradictoryInfo }
    export = info
  }

  private mutating func acceptBlockSizes(
    _ body: ArraySlice<UInt8>
  ) throws(ClientNegotiationFailure) {
    let sizes = BlockSizes(
      minimumBytes: ClientNegotiation.integer(body.prefix(4)),
      preferredBytes: ClientNegotiation.integer(body.dropFirst(4).prefix(4)),
      maximumBytes: ClientNegotiation.integer(body.dropFirst(8)))
    guard sizes.isSensible else {
      throw .senselessBlockSizes(
        minimumBytes: sizes.minimumBytes, preferredBytes: sizes.preferredBytes,
        maximumBytes: sizes.maximumBytes)
    }
    guard blockSizes == nil || blockSizes == sizes else { throw .contradictoryInfo }
    blockSizes = sizes
  }
}

extension TransmissionFlags {
  /// Without what was not negotiated or cannot be true.
  ///
  /// Servers are known to offer DF before structured replies; never using an offer harms nobody.
  func kept(structuredReplies: Bool) -> TransmissionFlags {
    var flags = self
    flags.remove([.sendResize, .blockStatusPayload])
    if !structuredReplies { flags.remove(.sendDontFragment) }
    if !contains(.sendWriteZeroes) { flags.remove(.sendFastZero) }
    return flags
  }
}

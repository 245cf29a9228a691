internal import BlockIO

/// One chunk of a structured reply, from its header.
struct ReplyChunk {
  let slot: Int
  let isLast: Bool
  let type: UInt16
  let lengthBytes: UInt32

  /// What follows the header, or nil for the empty chunk; decided before anything else is read.
  func firstField(of request: OutstandingRequest) throws(TransmissionLie) -> ReplyField? {
    switch ChunkType(rawValue: type) {
    case .empty:
      guard lengthBytes == 0 else { throw badLength }
      guard isLast else { throw .emptyChunkNotLast }
      return nil
    case .offsetData:
      try requireRead(request)
      guard lengthBytes > 8 else { throw badLength }
      return .dataOffset(self)
    case .offsetHole:
      try requireRead(request)
      guard lengthBytes == 12 else { throw badLength }
      return .hole(self)
    case .error, .errorOffset:
      return try errorField(fixedBytes: fixedErrorBytes)
    case .blockStatus, .extendedBlockStatus, nil:
      // An unknown error still begins like every error; unknown content may be the answer itself.
      guard type & ChunkType.errorBit != 0 else { throw .unknownChunkType(type) }
      return try errorField(fixedBytes: 6)
    }
  }

  /// How much of an error chunk is passed over behind its first 6 bytes.
  func bytesSkipped(messageBytes: UInt16) throws(TransmissionLie) -> Int {
    guard messageBytes <= NBDLimits.stringBytesMax else {
      throw .messageTooLong(lengthBytes: UInt32(messageBytes))
    }
    let known = fixedErrorBytes + UInt32(messageBytes)
    guard ChunkType(rawValue: type) == nil else {
      guard lengthBytes == known else { throw badLength }
      return Int(messageBytes)
    }
    guard lengthBytes >= known else { throw badLength }
    return Int(lengthBytes) - 6
  }

  /// The error, the message's length and, in one type, an offset.
  private var fixedErrorBytes: UInt32 {
    type == ChunkType.errorOffset.rawValue ? 14 : 6
  }

  private var badLength: TransmissionLie {
    .badChunkLength(type: type, lengthBytes: lengthBytes)
  }

  private func requireRead(_ request: OutstandingRequest) throws(TransmissionLie) {
    guard request.operation == .read else {
      throw .contentWithoutRead(
        RequestCookie(slot: slot, generation: request.generation).rawValue)
    }
  }

  /// The length bounds what is read and dropped, whatever the message will claim.
  private func errorField(fixedBytes: UInt32) throws(TransmissionLie) -> ReplyField {
    guard lengthBytes >= fixedBytes else { throw badLength }
    guard lengthBytes - fixedBytes <= UInt32(NBDLimits.stringBytesMax) else {
      throw .messageTooLong(lengthBytes: lengthBytes - fixedBytes)
    }
    return .error(self)
  }
}

/// Writes what comes in front of a reply's payload, in whichever style was agreed.
///
/// An answer is always one chunk, so that DF holds whether it was asked for or not.
public enum ReplyHeader {
  /// Room that every header finds enough.
  @inlinable
  public static var encodedBytesMax: Int { 80 }

  /// Writes the header and returns its length.
  ///
  /// The target must have room for `encodedBytesMax` bytes and needs no alignment. `offset` is the request's.
  @unsafe
  @inlinable
  public static func encode(
    _ content: ReplyContent, cookie: UInt64, offset: UInt64, _ style: ReplyStyle,
    into target: UnsafeMutableRawPointer
  ) -> Int {
    if style == .simple {
      var error: NBDError?
      if case .failure(let failure) = content { error = failure }
      unsafe SimpleReply.encode(error: error, cookie: cookie, into: target)
      return SimpleReply.encodedBytes
    }
    return unsafe encodeChunk(
      content, cookie: cookie, offset: offset, isExtended: style == .extended, into: target)
  }

  /// Its fields behind the chunk's header first, since the header tells their length.
  @unsafe
  @inlinable
  static func encodeChunk(
    _ content: ReplyContent, cookie: UInt64, offset: UInt64, isExtended: Bool,
    into target: UnsafeMutableRawPointer
  ) -> Int {
    let headerBytes = isExtended ? 32 : 20
    let fields = unsafe target + headerBytes
    let type: ChunkType
    let fieldBytes: Int
    switch content {
    case .success:
      type = .empty
      fieldBytes = 0
    case .failure(let error):
      type = .error
      fieldBytes = unsafe encodeError(error, into: fields)
    case .data:
      type = .offsetData
      unsafe fields.storeBytes(of: offset.bigEndian, as: UInt64.self)
      fieldBytes = 8
    case .allocation(let extents):
      type = isExtended ? .extendedBlockStatus : .blockStatus
      unsafe fields.storeBytes(of: AllocationExtent.contextID.bigEndian, as: UInt32.self)
      unsafe fields.storeBytes(of: extents.bigEndian, toByteOffset: 4, as: UInt32.self)
      fieldBytes = isExtended ? 8 : 4
    }
    let length = fieldBytes + content.payloadBytes(isExtended ? .extended : .structured)
    let magic = isExtended ? NBDMagic.extendedReply : NBDMagic.structuredReply
    unsafe target.storeBytes(of: magic.bigEndian, as: UInt32.self)
    unsafe target.storeBytes(of: ChunkType.doneFlag.bigEndian, toByteOffset: 4, as: UInt16.self)
    unsafe target.storeBytes(of: type.rawValue.bigEndian, toByteOffset: 6, as: UInt16.self)
    unsafe target.storeBytes(of: cookie.bigEndian, toByteOffset: 8, as: UInt64.self)
    if isExtended {
      unsafe target.storeBytes(of: offset.bigEndian, toByteOffset: 16, as: UInt64.self)
      unsafe target.storeBytes(of: UInt64(length).bigEndian, toByteOffset: 24, as: UInt64.self)
    } else {
      unsafe target.storeBytes(of: UInt32(length).bigEndian, toByteOffset: 16, as: UInt32.self)
    }
    return headerBytes + fieldBytes
  }

  /// An error's number and its sentence.
  @unsafe
  @inlinable
  static func encodeError(_ error: NBDError, into target: UnsafeMutableRawPointer) -> Int {
    let sentence = error.sentence
    let count = sentence.utf8CodeUnitCount
    assert(count <= NBDError.sentenceBytesMax)
    unsafe target.storeBytes(of: error.rawValue.bigEndian, as: UInt32.self)
    unsafe target.storeBytes(
      of: UInt16(count).bigEndian, toByteOffset: 4, as: UInt16.self)
    unsafe (target + 6).copyMemory(from: sentence.utf8Start, byteCount: count)
    return 6 + count
  }
}

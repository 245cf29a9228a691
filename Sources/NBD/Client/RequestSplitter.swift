public import BlockIO

/// Cuts requests into pieces that a server takes.
///
/// The maximum holds for requests without data too: the protocol lets a server refuse a longer
/// TRIM or WRITE_ZEROES, and one piece more costs less than a refusal.
public struct RequestSplitter: Hashable, Sendable, BitwiseCopyable {
  public let sizeBytes: UInt64
  public let minimumBlockBytes: UInt32
  /// Longest piece: a multiple of the minimum, and of the device's block where that fits.
  public let pieceBytesMax: UInt32

  /// `deviceBlockBytes` is the unit of every request that will come; `pieceBytesMax` is the owner's
  /// own limit, such as its longest buffer, and at least 65536.
  public init(
    export: NegotiatedExport, deviceBlockBytes: UInt32,
    pieceBytesMax: UInt32 = NBDLimits.defaultMaximumBlockBytes
  ) throws(SplitRefusal) {
    precondition(
      deviceBlockBytes > 0 && pieceBytesMax >= NBDLimits.minimumBlockBytesMax)
    let minimum = export.minimumBlockBytes
    guard deviceBlockBytes % minimum == 0 else {
      throw .blockTooSmall(deviceBlockBytes: deviceBlockBytes, minimumBlockBytes: minimum)
    }
    let longest = min(export.maximumBlockBytes, pieceBytesMax)
    let unit = longest >= deviceBlockBytes ? deviceBlockBytes : minimum
    sizeBytes = export.sizeBytes
    minimumBlockBytes = minimum
    self.pieceBytesMax = longest - longest % unit
  }

  /// The pieces in ascending order, nil when the server could not do what is asked.
  ///
  /// An empty range has no pieces: a flush is not split.
  public func pieces(of range: ByteRange) -> RequestPieces? {
    guard (range.offset | range.length) % UInt64(minimumBlockBytes) == 0,
      range.length <= sizeBytes, range.offset <= sizeBytes - range.length
    else { return nil }
    return RequestPieces(rest: range, pieceBytesMax: UInt64(pieceBytesMax))
  }
}

/// The pieces of one request; made one by one, so that nothing is allocated.
public struct RequestPieces: Sequence, IteratorProtocol, Sendable, BitwiseCopyable {
  private var rest: ByteRange
  private let pieceBytesMax: UInt64

  init(rest: ByteRange, pieceBytesMax: UInt64) {
    self.rest = rest
    self.pieceBytesMax = pieceBytesMax
  }

  /// How many are left.
  public var count: Int { Int((rest.length + (pieceBytesMax - 1)) / pieceBytesMax) }

  public mutating func next() -> ByteRange? {
    guard !rest.isEmpty else { return nil }
    let piece = rest.prefix(pieceBytesMax)
    rest = rest.dropping(pieceBytesMax)
    return piece
  }
}

/// Why a server cannot serve a device.
public enum SplitRefusal: Error, Hashable, Sendable, BitwiseCopyable {
  case blockTooSmall(deviceBlockBytes: UInt32, minimumBlockBytes: UInt32)

  public var sentence: String {
    switch self {
    case .blockTooSmall(let deviceBlockBytes, let minimumBlockBytes):
      "server takes blocks of \(minimumBlockBytes) bytes, the device has blocks of \(deviceBlockBytes);"
        + " give the device blocks of at least as many"
    }
  }
}

/// The three numbers of a BLOCK_SIZE info, or the protocol's when the server says nothing.
struct BlockSizes: Equatable {
  var minimumBytes: UInt32 = 1
  var preferredBytes: UInt32 = 4096
  var maximumBytes = NBDLimits.defaultMaximumBlockBytes

  /// What the protocol demands of a server.
  var isSensible: Bool {
    minimumBytes.nonzeroBitCount == 1 && minimumBytes <= NBDLimits.minimumBlockBytesMax
      && preferredBytes.nonzeroBitCount == 1
      && preferredBytes >= max(minimumBytes, NBDLimits.preferredBlockBytesMin)
      && maximumBytes >= preferredBytes
  }
}

/// A part of a reply whose length is known before it comes.
enum ReplyField {
  case magic
  /// Of a simple reply, behind the magic: error and cookie.
  case simple
  /// Of a chunk, behind the magic: flags, type, cookie and length.
  case chunk
  case dataOffset(ReplyChunk)
  case hole(ReplyChunk)
  /// Error and length of the message.
  case error(ReplyChunk)
  case errorOffset(ReplyChunk)

  /// At most 16.
  var encodedBytes: Int {
    switch self {
    case .magic: 4
    case .simple: 12
    case .chunk: 16
    case .dataOffset, .errorOffset: 8
    case .hole: 12
    case .error: 6
    }
  }
}

/// What the reply to a request needs beyond what the engine knows.
struct ReplyNote: BitwiseCopyable {
  /// As the client sent it.
  var offset: UInt64 = 0
  /// Extents in the request's buffer; 0 for everything but BLOCK_STATUS.
  var extents: UInt32 = 0
}

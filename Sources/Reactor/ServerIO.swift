internal import BlockIO
internal import NBD

/// What an attempt needs beside its `PendingIO` while a server carries it.
struct ServerIO: BitwiseCopyable {
  /// The connection that carries it; none before, and once that has ended.
  var connection = Connection.none
  /// How the present step is put to the server.
  var command = CommandFlags()
  /// A flush follows the present step, to make it durable.
  var flushesAfter = false
  /// The part of the present step that has been put into a message, in bytes from its beginning.
  var issuedBytes: UInt64 = 0
  /// Pieces of the present step that have not been answered.
  var outstanding: Int32 = 0
  /// The first error of the present step.
  var errno: Int32 = 0
  /// Has pieces still to be sent: the next attempt in its connection's queue.
  var isQueued = false
  var next = Connection.none
  /// Its connection has ended, and what was sent on it may change the medium up to here.
  var quietUntil: Instant?
}

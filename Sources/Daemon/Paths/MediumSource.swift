internal import NBD
internal import Reactor

/// Where samples of a medium can be read.
enum MediumSource: Sendable {
  /// A block device or a file; the descriptor is duplicated first.
  case descriptor(Int32)
  /// A connection that nobody else uses yet; duplicated first, and left as it was.
  case connection(NetworkConnection)
  /// A server, by a connection made and ended for it: an NBD path's, or our own export of a device, which
  /// shows what its paths in service show.
  case server(NBDURI)
}

extension PathAccess {
  /// Nil for a path that is not there.
  var source: MediumSource? {
    switch self {
    case .absent: nil
    case .file(let descriptor, _, _): .descriptor(descriptor)
    case .network(let access): access.connections.first.map { .connection($0) }
    }
  }
}

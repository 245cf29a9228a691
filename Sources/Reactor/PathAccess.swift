public import NBD

/// How the reactor reaches the medium of a path.
public enum PathAccess: Sendable {
  /// The path is not there yet; its probes find nothing until it is reopened.
  case absent
  /// A block device or a regular file. `needsWorker`: submission may block, so that every attempt is handed
  /// to a kernel worker.
  case file(descriptor: Int32, needsWorker: Bool, isBlockDevice: Bool)
  /// An NBD server.
  case network(NetworkAccess)

  /// Everything that is lent to the reactor and comes back in `.closed`.
  public var descriptors: [Int32] {
    switch self {
    case .absent: []
    case .file(let descriptor, _, _): [descriptor]
    case .network(let access): access.connections.map(\.descriptor)
    }
  }
}

/// The connections to one NBD server, all to the same export.
///
/// Requests are spread over them, fewest outstanding first. They live and die together: when one ends, the
/// path is lost as a whole and the others are shut down too, since nobody knows what the server still does
/// with what came by the one that ended.
public struct NetworkAccess: Sendable {
  /// Most connections of one path.
  public static let connectionsMax = 16

  /// More than one only where the server says CAN_MULTI_CONN.
  public let connections: [NetworkConnection]

  /// Traps on no connection, on more than 16, and on several to a server that does not allow it.
  public init(connections: [NetworkConnection]) {
    precondition((1...Self.connectionsMax).contains(connections.count))
    precondition(
      connections.count == 1
        || connections.allSatisfy { $0.export.flags.contains(.canMultiConnection) })
    self.connections = connections
  }
}

/// One connection whose handshake is over.
public struct NetworkConnection: Sendable {
  /// A connected stream socket, blocking or not, from which nothing beyond the handshake has been read.
  public let descriptor: Int32
  /// What was negotiated on it.
  public let export: NegotiatedExport

  public init(descriptor: Int32, export: NegotiatedExport) {
    self.descriptor = descriptor
    self.export = export
  }
}

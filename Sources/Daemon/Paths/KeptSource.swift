internal import Glibc
internal import NBD
internal import Reactor

/// A source whose descriptor is our own, so that the caller may close its own meanwhile.
struct KeptSource: Sendable {
  let source: MediumSource
  /// Negative for a server, and when there was no descriptor left.
  private let descriptor: Int32

  init(_ source: MediumSource) {
    self.source = source
    switch source {
    case .descriptor(let original): descriptor = fcntl(original, F_DUPFD_CLOEXEC, 0)
    case .connection(let connection):
      descriptor = fcntl(connection.descriptor, F_DUPFD_CLOEXEC, 0)
    case .server: descriptor = -1
    }
  }

  func drop() {
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  /// Takes the descriptor over.
  func reader(deadline: Int64) throws(PathTrouble) -> any SampleReader {
    switch source {
    case .server(let uri): return try ServerSampleReader.connect(to: uri, deadline: deadline)
    case .descriptor, .connection:
      guard descriptor >= 0 else { throw .unreadable(errno: EMFILE) }
    }
    guard case .connection(let connection) = source else {
      return FileSampleReader(owning: descriptor)
    }
    let adopted = ServerConnection(adopting: descriptor, deadline: deadline)
    return ServerSampleReader(adopted, connection.export)
  }
}

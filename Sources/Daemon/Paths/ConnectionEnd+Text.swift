internal import BlockIO
internal import NBD
internal import Reactor

extension ConnectionEnd {
  /// For the log, the event and the path's status.
  var sentence: String {
    switch self {
    case .hungUp: "server closed the connection"
    case .failed(let errno): "connection failed: \(ErrnoText.sentence(errno))"
    case .lied(let lie): lie.sentence
    case .shuttingDown: "server says that it is shutting down"
    case .silent(let time): "server answered nothing for \(time.milliseconds / 1000) s"
    }
  }
}

/// One device over some paths, for whoever started the daemon: nothing else is served, nothing is remembered.
package struct SingleExport: Sendable {
  /// Where its clients come from.
  package enum Source: Sendable {
    /// The one client is at the other end of standard input.
    case standardInput
    /// So many listening sockets have been handed over, from descriptor 3 on (sd_listen_fds(3)).
    case sockets(Int)
  }

  package let paths: [String]
  package let source: Source
  package let isReadOnly: Bool

  package init(paths: [String], source: Source, isReadOnly: Bool) {
    self.paths = paths
    self.source = source
    self.isReadOnly = isReadOnly
  }

  /// The first descriptor that a service manager hands over.
  static let firstSocket: Int32 = 3
  /// The device's name; the empty export name finds it, too.
  static let name = "export"
}

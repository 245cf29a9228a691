/// How a device's paths are opened.
package enum PathIO: String, CaseIterable, Codable, Sendable {
  /// Past the page cache, where the kind of path allows it.
  case direct
  /// Through the page cache, for regular files only: two cached block device nodes of one medium
  /// are not coherent.
  case buffered
}

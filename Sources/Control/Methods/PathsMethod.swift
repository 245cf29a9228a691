/// `paths`: every path that the daemon knows, from memory.
package enum PathsMethod: ControlMethod {
  package static let name = "paths"
  package static let access = ControlAccess.reading

  package typealias Params = NoParams

  /// Candidates in order, then paths of devices that are no candidates.
  package struct Result: Codable, Hashable, Sendable {
    package let paths: [PathFacts]

    package init(paths: [PathFacts]) {
      self.paths = paths
    }
  }
}

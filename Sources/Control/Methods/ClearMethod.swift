/// `clear`: wipe the labels of media that no device uses.
package enum ClearMethod: ControlMethod {
  package static let name = "clear"
  package static let access = ControlAccess.changing

  package typealias Params = PathList

  /// One outcome for each path, in the order given.
  package struct Result: Codable, Hashable, Sendable {
    package let cleared: [String]
    package let refused: [PathRemark]

    package init(cleared: [String], refused: [PathRemark]) {
      self.cleared = cleared
      self.refused = refused
    }
  }
}

/// Paths that need not belong to a device.
package struct PathList: Codable, Hashable, Sendable {
  package static let pathsMax = 1024

  /// Absolute.
  package let paths: [String]

  package init(paths: [String]) {
    self.paths = paths
  }

  /// Refuses what no look at the system is needed to refuse.
  package func check() throws(ControlError) {
    guard !paths.isEmpty, paths.count <= Self.pathsMax else {
      throw ControlError(.badRequest, "name 1 to \(Self.pathsMax) paths")
    }
    for path in paths { try PathOperand.requireAbsolute(path) }
  }
}

/// `rescan`: look for labels on every candidate path, now.
package enum RescanMethod: ControlMethod {
  package static let name = "rescan"
  package static let access = ControlAccess.changing

  /// Whether to do it.
  package struct Params: Codable, Hashable, Sendable {
    /// True: only say what would be done.
    package let dryRun: Bool?

    package init(dryRun: Bool = false) {
      self.dryRun = dryRun ? true : nil
    }
  }

  /// What has changed.
  package struct Result: Codable, Hashable, Sendable {
    /// A path that came to a device which ran already, or ran again.
    package struct Attached: Codable, Hashable, Sendable {
      package let device: String
      package let path: String

      package init(device: String, path: String) {
        self.device = device
        self.path = path
      }
    }

    /// How many candidates were looked at.
    package let candidates: Int
    package let created: [String]
    package let attached: [Attached]
    /// Candidates that have something like a label and were not used.
    package let refused: [PathRemark]
    /// Candidates that are there no more.
    package var lost: [String]?
    /// Paths of devices that showed another medium, and are not used any more.
    package var foreign: [PathRemark]?
    /// Paths in service that were read and are right.
    package var rechecked: Int?

    package init(
      candidates: Int, created: [String] = [], attached: [Attached] = [],
      refused: [PathRemark] = []
    ) {
      self.candidates = candidates
      self.created = created
      self.attached = attached
      self.refused = refused
    }
  }
}

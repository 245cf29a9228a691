/// `dump`: what the last sector of media says.
///
/// It reads what the daemon's user may read, so looking is not for everybody.
package enum DumpMethod: ControlMethod {
  package static let name = "dump"
  package static let access = ControlAccess.changing

  package typealias Params = PathList

  package struct Result: Codable, Hashable, Sendable {
    package let media: [MediumFacts]

    package init(media: [MediumFacts]) {
      self.media = media
    }
  }
}

/// `trace`: the connection becomes a stream of what a device's decision machine is told.
///
/// The answer comes first, then `TraceLine`s: the chunks of a trace file, to be written one after the
/// other, and at last how it ended. A client that wants no more shuts down its sending side.
package enum TraceMethod: ControlMethod {
  package static let name = "trace"
  package static let access = ControlAccess.changing

  /// Which device, and for how long.
  package struct Params: Codable, Hashable, Sendable {
    package let name: String
    /// Nil means until the client wants no more, an hour at most.
    package let seconds: Int?

    package init(name: String, seconds: Int? = nil) {
      self.name = name
      self.seconds = seconds
    }
  }

  package typealias Result = Change

  /// The longest trace.
  package static let secondsMax = 3600
  /// What all its chunks may have together, in bytes; it ends when it has them.
  package static let bytesMax = 256 << 20
}

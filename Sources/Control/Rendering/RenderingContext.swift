/// What rendering must know about the world, handed in so that it stays a pure function.
package struct RenderingContext: Hashable, Sendable {
  package static let columnsMax = 80

  /// Milliseconds since 1970 UTC.
  package let now: UInt64
  package let colours: Bool

  package init(now: UInt64, colours: Bool = false) {
    self.now = now
    self.colours = colours
  }

  /// Whether to colour: only for a terminal that knows how, and never against the wish of
  /// `NO_COLOR`, which counts when it is set and not empty (no-color.org).
  package static func wantsColours(isTerminal: Bool, noColor: String?, terminal: String?) -> Bool {
    isTerminal && (noColor ?? "").isEmpty && terminal != "dumb"
  }
}

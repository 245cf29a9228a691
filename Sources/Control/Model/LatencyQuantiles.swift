/// How long attempts took, recent ones counting more: upper bounds of classes half an octave wide.
package struct LatencyQuantiles: Codable, Hashable, Sendable {
  package let p50Microseconds: UInt64
  package let p99Microseconds: UInt64
  package let p999Microseconds: UInt64

  package init(p50Microseconds: UInt64, p99Microseconds: UInt64, p999Microseconds: UInt64) {
    self.p50Microseconds = p50Microseconds
    self.p99Microseconds = p99Microseconds
    self.p999Microseconds = p999Microseconds
  }
}

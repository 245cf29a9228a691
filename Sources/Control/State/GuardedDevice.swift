/// A kernel device that must not outlive its daemon for longer than its dead-connection time.
package struct GuardedDevice: Hashable, Sendable {
  /// What the kernel device is known by, as in `KernelAttachment`.
  package let identifier: String
  package let deadConnSeconds: UInt64

  package init(identifier: String, deadConnSeconds: UInt64) {
    self.identifier = identifier
    self.deadConnSeconds = deadConnSeconds
  }
}

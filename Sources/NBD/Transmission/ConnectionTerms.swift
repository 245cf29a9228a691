/// What client and server have agreed on for one connection, beyond the export itself.
public struct ConnectionTerms: Hashable, Sendable, BitwiseCopyable {
  public var replies: ReplyStyle
  /// `base:allocation` was chosen for the very export that was opened.
  public var hasAllocation: Bool
  /// Nothing may be changed by this way to the export, whatever the export itself allows.
  public var isReadOnly: Bool

  @inlinable
  public init(
    replies: ReplyStyle = .simple, hasAllocation: Bool = false, isReadOnly: Bool = false
  ) {
    self.replies = replies
    self.hasAllocation = hasAllocation
    self.isReadOnly = isReadOnly
  }
}

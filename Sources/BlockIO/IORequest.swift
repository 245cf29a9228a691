/// One attempt as the layer below executes it: the upper half of the narrow waist between the pure
/// machines and the world. The reactor turns it into SQEs, the simulator into a scheduled event.
public struct IORequest: Sendable, BitwiseCopyable {
  /// Comes back unchanged in the completion.
  public let token: Token
  public let path: PathIndex
  public let operation: Operation
  public let flags: OperationFlags
  /// Empty for a flush.
  public let range: ByteRange
  /// Source of a write, target of a read, `.none` otherwise.
  public let buffer: BufferReference

  @inlinable
  public init(
    token: Token, path: PathIndex, operation: Operation, flags: OperationFlags, range: ByteRange,
    buffer: BufferReference
  ) {
    self.token = token
    self.path = path
    self.operation = operation
    self.flags = flags
    self.range = range
    self.buffer = buffer
  }
}

/// The lower half: what became of an `IORequest`. A success means that the whole range was done.
public struct IOCompletion: Sendable, BitwiseCopyable {
  public let token: Token
  public let outcome: IOOutcome

  @inlinable
  public init(token: Token, outcome: IOOutcome) {
    self.token = token
    self.outcome = outcome
  }
}

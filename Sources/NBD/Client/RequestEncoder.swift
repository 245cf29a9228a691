public import BlockIO

/// How a server can carry out an operation.
public enum RequestPlan: Hashable, Sendable, BitwiseCopyable {
  case send(CommandFlags)
  /// Durability was asked for, and the server has only FLUSH to give it: flush after success.
  case sendThenFlush(CommandFlags)
  /// Success at once: the server has no cache that could be flushed.
  case nothingToDo
  case refuse(errno: Int32)
}

/// Puts requests into the form that one server understands.
public struct RequestEncoder: Sendable, BitwiseCopyable {
  public let flags: TransmissionFlags

  public init(flags: TransmissionFlags) { self.flags = flags }

  /// What to send for an operation, using nothing that the server did not offer.
  ///
  /// FUA is never dropped in silence: without it a flush must follow, and without that there is
  /// no cache, by the server's own word.
  public func plan(_ operation: Operation, _ wishes: OperationFlags) -> RequestPlan {
    if operation.modifies, flags.contains(.readOnly) { return .refuse(errno: Errno.erofs) }
    var command: CommandFlags = []
    switch operation {
    case .read: return .send([])
    case .flush: return flags.contains(.sendFlush) ? .send([]) : .nothingToDo
    case .write: break
    case .discard:
      guard flags.contains(.sendTrim) else { return .refuse(errno: Errno.eopnotsupp) }
    case .writeZeroes:
      guard flags.contains(.sendWriteZeroes) else { return .refuse(errno: Errno.eopnotsupp) }
      if wishes.contains(.keepAllocated) { command.insert(.noHole) }
      if wishes.contains(.onlyIfFast) {
        guard flags.contains(.sendFastZero) else { return .refuse(errno: Errno.eopnotsupp) }
        command.insert(.fastZero)
      }
    }
    guard wishes.contains(.forceUnitAccess) else { return .send(command) }
    if flags.contains(.sendFUA) { return .send(command.union(.forceUnitAccess)) }
    return flags.contains(.sendFlush) ? .sendThenFlush(command) : .send(command)
  }

  /// Writes the 28 bytes of a request with flags from `plan`; a write's data follows them.
  ///
  /// The target needs no alignment.
  @unsafe
  @inlinable
  public func encode(
    _ operation: Operation, _ command: CommandFlags, cookie: RequestCookie, range: ByteRange,
    into target: UnsafeMutableRawPointer
  ) {
    precondition(range.length <= UInt32.max)
    assert(!command.contains(.forceUnitAccess) || flags.contains(.sendFUA))
    let isFlush = operation == .flush
    unsafe RequestHeader(
      flags: command.rawValue, type: NBDCommand(operation).rawValue, cookie: cookie.rawValue,
      offset: isFlush ? 0 : range.offset,
      length: isFlush ? 0 : range.length
    ).encode(into: target)
  }
}

extension NBDCommand {
  @inlinable
  init(_ operation: Operation) {
    switch operation {
    case .read: self = .read
    case .write: self = .write
    case .flush: self = .flush
    case .discard: self = .trim
    case .writeZeroes: self = .writeZeroes
    }
  }
}

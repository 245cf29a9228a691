public import BlockIO

/// Turns a request header into a decision, from the header and the export's limits alone.
///
/// Runs before any buffer is leased, so that a client cannot cost memory by asking for nonsense.
public enum RequestCheck {
  @inlinable
  public static func decide(
    _ header: RequestHeader, limits: RequestLimits, terms: ConnectionTerms = ConnectionTerms()
  ) -> RequestDecision {
    let magic = terms.replies == .extended ? NBDMagic.extendedRequest : NBDMagic.request
    guard header.magic == magic else { return .fatal(.badRequestMagic(header.magic)) }
    let command = NBDCommand(rawValue: header.type)
    let announced = hasPayload(command, header.flags, terms) ? header.length : 0
    // What is beyond 32 bits is beyond every limit.
    guard announced <= 2 * UInt64(limits.maximumPayloadBytes),
      let payloadBytes = UInt32(exactly: announced)
    else { return .fatal(.payloadTooLong(lengthBytes: announced)) }
    guard let command else { return .reject(.invalid, payloadBytes: payloadBytes) }
    if command == .disconnect { return .disconnect }
    if let error = objection(to: command, header, limits, terms) {
      return .reject(error, payloadBytes: payloadBytes)
    }
    return permit(command, header)
  }

  /// Whether `length` bytes follow the header: with extended headers a flag says so, else the command.
  @inlinable
  static func hasPayload(
    _ command: NBDCommand?, _ flags: UInt16, _ terms: ConnectionTerms
  ) -> Bool {
    terms.replies == .extended
      ? CommandFlags(rawValue: flags).contains(.payloadLength) : command == .write
  }

  /// Why a request must not be carried out, nil when it may.
  @inlinable
  static func objection(
    to command: NBDCommand, _ header: RequestHeader, _ limits: RequestLimits,
    _ terms: ConnectionTerms
  ) -> NBDError? {
    let flags = CommandFlags(rawValue: header.flags)
    guard flags.isSubset(of: legalFlags(of: command, limits.flags, terms)) else {
      return .invalid
    }
    if command == .write && !hasPayload(command, header.flags, terms) { return .invalid }
    // Before asking whether it is offered: what matters to the client is that it may not write.
    let isReadOnly = terms.isReadOnly || limits.flags.contains(.readOnly)
    if modifies(command) && isReadOnly { return .notPermitted }
    guard isOffered(command, limits.flags, terms) else { return .invalid }
    // A flush concerns the whole export; arguments are reserved and mean nothing.
    if command == .flush { return nil }
    if carriesData(command) && header.length > UInt64(limits.maximumPayloadBytes) {
      return .invalid
    }
    // There is no answer to it: a reply has at least one extent, and none is empty.
    if command == .blockStatus && header.length == 0 { return .invalid }
    guard limits.contains(offset: header.offset, length: header.length) else {
      return allocates(command) ? .noSpace : .invalid
    }
    // The client cannot know that the medium has shrunk: the place exists for it, and cannot be reached.
    guard limits.isThere(offset: header.offset, length: header.length) else {
      return allocates(command) ? .noSpace : .inputOutput
    }
    return limits.isAligned(offset: header.offset, length: header.length) ? nil : .invalid
  }

  /// A request without objection: the work it means.
  @inlinable
  static func permit(_ command: NBDCommand, _ header: RequestHeader) -> RequestDecision {
    if command == .blockStatus {
      let flags = CommandFlags(rawValue: header.flags)
      return .describe(range(of: header), one: flags.contains(.requestOne))
    }
    guard let operation = operation(of: command) else { return .acknowledge }
    if operation == .flush { return .accept(.flush, [], .empty) }
    guard header.length != 0 else { return .acknowledge }
    let range = range(of: header)
    return .accept(operation, operationFlags(operation, header.flags), range)
  }

  @inlinable
  static func range(of header: RequestHeader) -> ByteRange {
    guard let range = ByteRange(offset: header.offset, length: header.length) else {
      preconditionFailure("a range inside the export cannot overflow")
    }
    return range
  }

  /// Nil for commands that are valid and need no work: CACHE is a hint.
  @inlinable
  static func operation(of command: NBDCommand) -> BlockIO.Operation? {
    switch command {
    case .read: .read
    case .write: .write
    case .flush: .flush
    case .trim: .discard
    case .writeZeroes: .writeZeroes
    case .cache: nil
    case .disconnect, .blockStatus, .resize: preconditionFailure("never permitted")
    }
  }

  /// FUA on a command that writes nothing is accepted and means nothing, so it goes no further.
  @inlinable
  static func operationFlags(_ operation: BlockIO.Operation, _ raw: UInt16) -> OperationFlags {
    guard operation.modifies else { return [] }
    let asked = CommandFlags(rawValue: raw)
    var flags: OperationFlags = []
    if asked.contains(.forceUnitAccess) { flags.insert(.forceUnitAccess) }
    if asked.contains(.noHole) { flags.insert(.keepAllocated) }
    if asked.contains(.fastZero) { flags.insert(.onlyIfFast) }
    return flags
  }

  /// A FUA that was never offered is refused: accepting it would promise durability that the
  /// export did not promise.
  @inlinable
  static func legalFlags(
    of command: NBDCommand, _ offered: TransmissionFlags, _ terms: ConnectionTerms
  ) -> CommandFlags {
    var legal: CommandFlags = offered.contains(.sendFUA) ? .forceUnitAccess : []
    switch command {
    case .read: if terms.replies != .simple { legal.insert(.dontFragment) }
    case .write: if terms.replies == .extended { legal.insert(.payloadLength) }
    case .writeZeroes:
      legal.insert(.noHole)
      if offered.contains(.sendFastZero) { legal.insert(.fastZero) }
    case .blockStatus: legal.insert(.requestOne)
    case .disconnect, .flush, .trim, .cache, .resize: break
    }
    return legal
  }

  @inlinable
  static func isOffered(
    _ command: NBDCommand, _ offered: TransmissionFlags, _ terms: ConnectionTerms
  ) -> Bool {
    switch command {
    case .read, .write, .disconnect: true
    case .flush: offered.contains(.sendFlush)
    case .trim: offered.contains(.sendTrim)
    case .cache: offered.contains(.sendCache)
    case .writeZeroes: offered.contains(.sendWriteZeroes)
    case .blockStatus: terms.hasAllocation
    case .resize: false
    }
  }

  @inlinable
  static func modifies(_ command: NBDCommand) -> Bool {
    switch command {
    case .write, .trim, .writeZeroes: true
    case .read, .disconnect, .flush, .cache, .blockStatus, .resize: false
    }
  }

  /// True when `length` bytes travel with the request or its reply.
  @inlinable
  static func carriesData(_ command: NBDCommand) -> Bool {
    switch command {
    case .read, .write: true
    case .disconnect, .flush, .trim, .cache, .writeZeroes, .blockStatus, .resize: false
    }
  }

  /// True when the end of the export means "no space left" rather than "no such place".
  @inlinable
  static func allocates(_ command: NBDCommand) -> Bool {
    switch command {
    case .write, .writeZeroes: true
    case .read, .disconnect, .flush, .trim, .cache, .blockStatus, .resize: false
    }
  }
}

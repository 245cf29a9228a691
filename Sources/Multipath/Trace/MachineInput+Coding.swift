internal import BlockIO

/// An input as bytes: one that says which, and its values. Those that come with every request are written
/// by hand and take a dozen bytes; the control side's are left to `RecordEncoder`.
extension MachineInput {
  private enum Kind: UInt8 {
    case submit = 1
    case attemptFinished
    case attemptRefused
    case probeFinished
    case cancelWaiting
    case answerUnheard
    case tick
    case control
  }

  func write(to output: inout TraceBytes) {
    switch self {
    case .submit(let slot, let operation, let flags, let range):
      output.append(Kind.submit.rawValue)
      output.append(number: UInt64(slot))
      output.append(operation.rawValue)
      output.append(flags.rawValue)
      output.append(number: range.offset)
      output.append(number: range.length)
    case .attemptFinished(let token, let outcome):
      output.append(Kind.attemptFinished.rawValue)
      Self.write(token, outcome, to: &output)
    case .attemptRefused(let token):
      output.append(Kind.attemptRefused.rawValue)
      Self.write(token, to: &output)
    case .probeFinished(let token, let outcome):
      output.append(Kind.probeFinished.rawValue)
      Self.write(token, outcome, to: &output)
    case .cancelWaiting(let slot):
      output.append(Kind.cancelWaiting.rawValue)
      output.append(number: UInt64(slot))
    case .answerUnheard(let slot):
      output.append(Kind.answerUnheard.rawValue)
      output.append(number: UInt64(slot))
    case .tick: output.append(Kind.tick.rawValue)
    case .control(let input):
      output.append(Kind.control.rawValue)
      guard let bytes = try? RecordEncoder.bytes(input) else {
        preconditionFailure("an input cannot be written")
      }
      output.append(number: UInt64(bytes.count))
      output.bytes.append(contentsOf: bytes)
    }
  }

  private static func write(_ token: Token, to output: inout TraceBytes) {
    output.append(token.kind)
    output.append(number: UInt64(token.generation))
    output.append(number: UInt64(token.slot))
  }

  private static func write(_ token: Token, _ outcome: IOOutcome, to output: inout TraceBytes) {
    write(token, to: &output)
    switch outcome {
    case .success: output.append(0)
    case .failure(let errno):
      output.append(1)
      output.append(signed: Int64(errno))
    }
  }

  init(from source: inout TraceSource) throws(TraceDamage) {
    let number = try source.byte()
    guard let kind = Kind(rawValue: number) else {
      throw .malformed("there is no input of kind \(number)")
    }
    switch kind {
    case .submit: self = try Self.submission(&source)
    case .attemptFinished:
      self = .attemptFinished(try Self.token(&source), try Self.outcome(&source))
    case .attemptRefused: self = .attemptRefused(try Self.token(&source))
    case .probeFinished:
      self = .probeFinished(try Self.token(&source), try Self.outcome(&source))
    case .cancelWaiting: self = .cancelWaiting(slot: try source.number(UInt32.self))
    case .answerUnheard: self = .answerUnheard(slot: try source.number(UInt32.self))
    case .tick: self = .tick
    case .control:
      let bytes = try source.take(try source.number(Int.self))
      self = .control(try RecordDecoder.value(ControlInput.self, from: bytes))
    }
  }

  private static func submission(_ source: inout TraceSource) throws(TraceDamage) -> MachineInput {
    let slot = try source.number(UInt32.self)
    guard let operation = Operation(rawValue: try source.byte()) else {
      throw .malformed("there is no such operation")
    }
    let flags = OperationFlags(rawValue: try source.byte())
    let offset = try source.number()
    guard let range = ByteRange(offset: offset, length: try source.number()) else {
      throw .malformed("a range ends beyond 64 bits")
    }
    return .submit(slot: slot, operation: operation, flags: flags, range: range)
  }

  private static func token(_ source: inout TraceSource) throws(TraceDamage) -> Token {
    let kind = try source.byte()
    let generation = try source.number(UInt32.self)
    guard generation <= 0xff_ffff else { throw .malformed("a generation has 24 bits") }
    return Token(kind: kind, generation: generation, slot: try source.number(UInt32.self))
  }

  private static func outcome(_ source: inout TraceSource) throws(TraceDamage) -> IOOutcome {
    switch try source.byte() {
    case 0: return .success
    case 1:
      guard let errno = Int32(exactly: try source.signed()) else {
        throw .malformed("an errno has 32 bits")
      }
      return .failure(errno: errno)
    case _: throw .malformed("there is no such outcome")
    }
  }
}

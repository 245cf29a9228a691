internal import BasicContainers
public import BlockIO

/// Plays a trace: the machine is put into the state in which the recording began and told the recorded
/// inputs, and what it decides is compared with what was decided then.
///
/// A trace may come from anywhere. Whatever its bytes say, the outcome is an error, a difference or
/// agreement; nothing is taken from it without a check.
public struct TraceReplay: ~Copyable {
  /// Where the replay and the recording part.
  public struct Difference: Sendable, Hashable {
    /// Counted from 1.
    public let input: UInt64
    /// Since the beginning of the trace.
    public let after: Interval
  }

  public let header: TraceHeader
  private let bytes: [UInt8]
  private var position: Int
  private var checksum = TraceFormat.firstChecksum
  private var machine: MultipathMachine
  private var effects = MultipathMachine.Effects(capacity: 64)
  private var began: Instant?
  private var digestOfAll = TraceDigest()

  /// Inputs played.
  public private(set) var inputs: UInt64 = 0
  /// The virtual time from the first input to the latest.
  public private(set) var elapsed = Interval.zero
  /// The first one; what follows it means little.
  public private(set) var difference: Difference?
  /// How the recording ended; nil when its end is missing, as when the recording program ended early.
  public private(set) var summary: TraceSummary?

  /// The same for each play of one trace by one program.
  public var digest: UInt64 { digestOfAll.value }

  /// Reads the header and the state.
  public init(_ bytes: [UInt8]) throws(TraceError) {
    let magic = TraceFormat.magic
    guard bytes.starts(with: magic) else { throw .notATrace }
    var blocks = TraceBlocks(bytes: bytes, position: magic.count, checksum: checksum)
    let (header, layout) = try blocks.read(.header) { source throws(TraceDamage) in
      try TraceHeader.read(&source)
    }
    guard layout == TraceFormat.layout else { throw .otherLayout(program: header.program) }
    let state = try blocks.read(.state) { source throws(TraceDamage) in
      try RecordDecoder.value(MachineSnapshot.self, from: source.take(source.left))
    }
    do throws(TraceDamage) {
      machine = try MultipathMachine(restoring: state)
    } catch {
      throw .damaged(position: magic.count, what: error.sentence)
    }
    self.header = header
    self.bytes = bytes
    position = blocks.position
    checksum = blocks.checksum
  }

  /// Plays everything. `tell` hears each input with what came of it; without it nothing is put into words.
  public mutating func run(_ tell: ((TraceStep) -> Void)? = nil) throws(TraceError) {
    while summary == nil, position < bytes.count {
      var blocks = TraceBlocks(bytes: bytes, position: position, checksum: checksum)
      let (kind, content) = try blocks.next()
      switch kind {
      case .header, .state:
        throw .damaged(position: position, what: "a second beginning")
      case .inputs: try play(content, tell)
      case .end: try end(content)
      }
      position = blocks.position
      checksum = blocks.checksum
    }
    if summary != nil, position < bytes.count {
      throw .damaged(position: position, what: "something follows the end")
    }
  }

  private mutating func end(_ content: ArraySlice<UInt8>) throws(TraceError) {
    do throws(TraceDamage) {
      var source = TraceSource(content)
      guard let ending = TraceEnding(rawValue: try source.byte()) else {
        throw .malformed("an unknown ending")
      }
      let counted = try source.number()
      guard counted == inputs else {
        throw .malformed("\(inputs) inputs are there, and \(counted) were counted")
      }
      summary = TraceSummary(ending: ending, inputs: counted, missing: try source.number())
    } catch {
      throw .damaged(position: position, what: error.sentence)
    }
  }

  private mutating func play(
    _ content: ArraySlice<UInt8>, _ tell: ((TraceStep) -> Void)?
  ) throws(TraceError) {
    do throws(TraceDamage) {
      var source = TraceSource(content)
      guard try source.number() == inputs else { throw .malformed("inputs are missing before it") }
      let count = try source.number()
      var now = Instant(nanoseconds: try source.number())
      if began == nil { began = now }
      for _ in 0..<count {
        now.nanoseconds &+= UInt64(bitPattern: try source.signed())
        let input = try MachineInput(from: &source)
        let recorded = try source.word(UInt32.self)
        guard machine.accepts(input) else {
          throw .malformed("input \(inputs + 1) cannot have happened in this state")
        }
        step(input, at: now, recorded, tell)
      }
      guard source.left == 0 else { throw .malformed("something follows the last input") }
    } catch {
      throw .damaged(position: position, what: error.sentence)
    }
  }

  private mutating func step(
    _ input: MachineInput, at now: Instant, _ recorded: UInt32, _ tell: ((TraceStep) -> Void)?
  ) {
    let answer = machine.apply(input, at: now, effects: &effects)
    let digest = effects.digest(since: 0, answer)
    inputs += 1
    digestOfAll.mix(UInt64(digest))
    let after = now - (began ?? now)
    elapsed = max(elapsed, after)
    let isEqual = digest == recorded
    if !isEqual, difference == nil { difference = Difference(input: inputs, after: after) }
    var outcome: [MultipathEffect] = []
    while let effect = effects.next() {
      if tell != nil { outcome.append(effect) }
    }
    tell?(
      TraceStep(
        number: inputs, after: after, input: input, effects: outcome, answer: answer,
        isAsRecorded: isEqual))
  }
}

/// One input of a trace, and what came of it when it was played.
public struct TraceStep: Sendable {
  /// Counted from 1.
  public let number: UInt64
  /// Since the beginning of the trace.
  public let after: Interval
  public let input: MachineInput
  public let effects: [MultipathEffect]
  public let answer: MachineAnswer
  public let isAsRecorded: Bool
}

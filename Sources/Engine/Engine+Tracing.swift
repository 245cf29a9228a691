public import BlockIO
public import Multipath

/// A trace of what the decision machine is told, for `mpsim replay`. Off, it costs a look at one optional
/// for each input.
extension Engine {
  /// Begins a trace; the state of the machine from which it starts is the answer. Nil when there is one
  /// already.
  ///
  /// To be called between inputs: nothing that the machine has decided waits to be carried out.
  public mutating func beginTrace(
    at now: Instant, room: Int, bytesMax: Int
  ) -> MachineSnapshot? {
    guard recorder == nil else { return nil }
    assert(decisions.isEmpty)
    recorder = TraceRecorder(at: now, room: room, bytesMax: bytesMax)
    return machine.snapshot()
  }

  public var isTracing: Bool { recorder != nil }

  /// Chunks have been written away.
  public mutating func grantTrace(_ chunks: Int) { recorder?.grant(chunks) }

  public mutating func endTrace(_ reason: TraceEnding) { recorder?.end(reason) }

  /// The next chunk of the trace. To be asked for after each call that may feed the machine.
  public mutating func takeTrace() -> TraceChunk? { recorder?.take() }

  /// Whether the trace has ended, and with what; it is over with the answer.
  public mutating func finishTrace() -> TraceSummary? {
    guard let summary = recorder?.summary else { return nil }
    recorder = nil
    return summary
  }

  /// Notes an input of the machine, when there is a trace: what it was, and what came of it.
  mutating func note(
    _ input: @autoclosure () -> MachineInput, at now: Instant?, since mark: Int,
    _ answer: MachineAnswer = .none
  ) {
    guard recorder != nil else { return }
    recorder?.note(input(), at: now, answer: answer, effects: decisions, since: mark)
  }
}

public import BlockIO

/// Collects the inputs of one machine into chunks for somebody else to write away.
///
/// Its memory is bounded: whoever takes chunks grants room for more, and when a chunk is full
/// and there is no room, the trace ends there and says how much is missing. The machine never waits.
public struct TraceRecorder: ~Copyable {
  /// A chunk that has begun is passed on after this long although it is not full, so that little is lost
  /// if the program ends.
  private static let chunkTime = Interval.milliseconds(250)

  private var chunk: TraceChunk
  /// Chunks that may be passed on before more room is granted.
  private var room: Int
  private var bytesLeft: Int
  private var inputs: UInt64 = 0
  private var missing: UInt64 = 0
  private var chunkBegan: Instant
  private var latest: Instant
  private var ready: TraceChunk?
  private var ending: TraceEnding?

  /// - Parameters:
  ///   - room: Chunks that may wait to be written away, at least 1.
  ///   - bytesMax: Where the trace ends at the latest.
  public init(at now: Instant, room: Int, bytesMax: Int) {
    precondition(room > 0 && bytesMax > 0)
    chunk = TraceChunk(first: 0, base: now)
    self.room = room
    bytesLeft = bytesMax
    chunkBegan = now
    latest = now
  }

  /// Chunks have been written away.
  public mutating func grant(_ chunks: Int) { room += chunks }

  /// Notes an input and what came of it: the effects since `mark`, and the answer. Nil stands for the instant of the one before, for
  /// inputs that have none.
  public mutating func note(
    _ input: MachineInput, at instant: Instant?, answer: MachineAnswer,
    effects: borrowing MultipathMachine.Effects, since mark: Int
  ) {
    guard ending == nil else {
      missing += 1
      return
    }
    let now = instant ?? latest
    latest = now
    chunk.append(input, at: now, digest: effects.digest(since: mark, answer))
    if chunk.byteCount >= TraceChunk.bytesMax || now - chunkBegan >= Self.chunkTime { close() }
  }

  private mutating func close() {
    guard chunk.count > 0 else { return }
    if room > 0, ready == nil {
      room -= 1
      inputs += UInt64(chunk.count)
      bytesLeft -= chunk.byteCount
      ready = chunk
      if bytesLeft <= 0 { ending = .full }
    } else {
      missing += UInt64(chunk.count)
      ending = .tooSlow
    }
    chunk = TraceChunk(first: inputs, base: latest)
    chunkBegan = latest
  }

  /// Ends the trace, unless it has ended by itself.
  public mutating func end(_ reason: TraceEnding) {
    guard ending == nil else { return }
    // The last chunk has room of its own.
    room += 1
    close()
    ending = ending ?? reason
  }

  /// The next chunk to be written away. To be asked for after each input, as only one can wait here.
  public mutating func take() -> TraceChunk? {
    defer { ready = nil }
    return ready
  }

  /// Once the trace has ended and all chunks have been taken.
  public var summary: TraceSummary? {
    guard let ending, ready == nil else { return nil }
    return TraceSummary(ending: ending, inputs: inputs, missing: missing)
  }
}

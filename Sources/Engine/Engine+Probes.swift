internal import BlockIO
internal import Multipath

/// Probes are reads of which nobody looks at the data, so all of a device share one buffer.
extension Engine {
  mutating func startProbe(
    _ token: Token, _ path: PathIndex, _ range: ByteRange, at now: Instant,
    arena: inout BufferArena, effects: inout Effects
  ) {
    leaseProbeBuffer(&arena)
    guard !probeBuffer.isNone else {
      // The device was made while clients of others held all memory; the probe is tried again later.
      let mark = decisions.mark
      let outcome = IOOutcome.failure(errno: Errno.eagain)
      machine.probeFinished(token, outcome: outcome, at: now, effects: &decisions)
      note(.probeFinished(token, outcome), at: now, since: mark)
      return
    }
    effects.append(
      .io(
        IORequest(
          token: token, path: path, operation: .read, flags: [], range: range, buffer: probeBuffer))
    )
  }

  mutating func leaseProbeBuffer(_ arena: inout BufferArena) {
    guard probeBuffer.isNone else { return }
    probeBuffer = arena.lease(Int(machine.configuration.geometry.blockBytes)) ?? .none
  }

  /// Gives back what the engine holds for itself. The last thing to be called: all requests are over
  /// and no probe is in flight.
  public mutating func close(arena: inout BufferArena) {
    precondition(busySlots == 0)
    if !probeBuffer.isNone { arena.release(probeBuffer) }
    probeBuffer = .none
  }
}

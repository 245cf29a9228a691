internal import BasicContainers
internal import BlockIO
internal import CLinux
internal import Engine
internal import NBD

/// Phrases attempts and probes as SQEs, and reads what became of them.
extension Reactor {
  mutating func startIO(_ device: Int, _ request: IORequest) {
    let place = devices[device].pendingPlace(request.token)
    devices[device].pending.touch(place)
    assert(devices[device].pending[place].step == .idle)
    devices[device].pendingCount += 1
    devices[device].pending[place] = PendingIO(
      step: firstStep(request),
      usesWorker: devices[device].paths[Int(request.path.rawValue)].needsWorker,
      request: request)
    if devices[device].paths[Int(request.path.rawValue)].isNetwork {
      startServerIO(device, place)
    } else {
      submit(device, place)
    }
  }

  private func firstStep(_ request: IORequest) -> PendingIO.Step {
    switch request.operation {
    case .read, .write: .transfer
    case .flush: .flush
    case .discard, .writeZeroes: .zero
    }
  }

  /// Queues the next SQE of a pending request, or parks it when the ring is full.
  private mutating func submit(_ device: Int, _ place: Int) {
    let io = devices[device].pending[place]
    let path = devices[device].paths[Int(io.request.path.rawValue)]
    guard path.descriptor >= 0 else {
      // A path that has never been there: its probes find nothing.
      endIO(device, place, .failure(errno: Errno.enodev))
      return
    }
    let tag = CompletionTag(.io, owner: UInt32(device), item: UInt32(place))
    let rest = io.request.range.dropping(io.doneBytes)
    let durable = io.request.flags.contains(.forceUnitAccess)
    let isQueued: Bool
    switch io.step {
    case .idle: preconditionFailure("an idle place was submitted")
    case .transfer where io.request.operation == .read:
      isQueued = unsafe ring.read(
        path.filePlace, memory.address(io.request.buffer, plus: io.doneBytes), rest,
        worker: io.usesWorker, tag)
    case .transfer:
      isQueued = unsafe ring.write(
        path.filePlace, memory.address(io.request.buffer, plus: io.doneBytes), rest,
        durable: durable, worker: io.usesWorker, tag)
    case .flush: isQueued = ring.flush(path.filePlace, worker: io.usesWorker, tag)
    case .zero:
      isQueued = ring.zero(
        path.filePlace, rest, keep: io.request.flags.contains(.keepAllocated), tag)
    case .writeZeroes:
      isQueued = unsafe ring.write(
        path.filePlace, memory.zeroes, rest.prefix(UInt64(ReactorLimits.zeroBytes)),
        durable: durable, worker: io.usesWorker, tag)
    }
    if !isQueued { parked.append(ParkedIO(device: UInt32(device), place: place)) }
  }

  /// I/O that found the ring full is queued now that completions have been reaped.
  mutating func retryParked() {
    guard !parked.isEmpty else { return }
    var retried: [ParkedIO] = []
    swap(&retried, &parked)
    for io in retried { submit(Int(io.device), io.place) }
  }

  mutating func ioCompleted(device: Int, place: Int, result: Int32) {
    let io = devices[device].pending[place]
    if result == -Errno.eagain || result == -4 /* EINTR */ {
      if io.retries < ReactorLimits.transientRetries {
        devices[device].pending[place].retries += 1
        // A worker may block where the submission could not.
        devices[device].pending[place].usesWorker = true
        submit(device, place)
        return
      }
    }
    switch io.step {
    case .idle: preconditionFailure("a completion for an idle place")
    case .transfer, .writeZeroes: transferred(device, place, result)
    case .flush: endIO(device, place, Self.outcome(result))
    case .zero: zeroed(device, place, result)
    }
  }

  private static func outcome(_ result: Int32) -> IOOutcome {
    result < 0 ? .failure(errno: -result) : .success
  }

  private mutating func transferred(_ device: Int, _ place: Int, _ result: Int32) {
    let io = devices[device].pending[place]
    guard result >= 0 else { return endIO(device, place, .failure(errno: -result)) }
    // A short transfer goes on from the last whole block, since direct I/O cannot go on inside one.
    let block = UInt64(devices[device].limits.minimumBlockBytes)
    let total = io.request.range.length
    var done = io.doneBytes + UInt64(result)
    if done < total { done -= done % block }
    guard done > io.doneBytes || total == 0 else {
      // Nothing at all: the path has become shorter than the device.
      return endIO(device, place, .failure(errno: Errno.eio))
    }
    devices[device].pending[place].doneBytes = done
    if done < total { submit(device, place) } else { endIO(device, place, .success) }
  }

  /// Zeroing by fallocate. Where the path cannot: a discard is a hint and succeeds, zeroes are
  /// written out unless the client wants them fast or not at all.
  private mutating func zeroed(_ device: Int, _ place: Int, _ result: Int32) {
    let request = devices[device].pending[place].request
    if result >= 0 {
      guard request.flags.contains(.forceUnitAccess) else {
        return endIO(device, place, .success)
      }
      devices[device].pending[place].step = .flush
      return submit(device, place)
    }
    let isUnsupported = result == -Errno.eopnotsupp || result == -38 /* ENOSYS */
    guard isUnsupported else { return endIO(device, place, .failure(errno: -result)) }
    if request.operation == .discard { return endIO(device, place, .success) }
    if request.flags.contains(.onlyIfFast) {
      return endIO(device, place, .failure(errno: Errno.eopnotsupp))
    }
    devices[device].pending[place].step = .writeZeroes
    submit(device, place)
  }

  /// The kernel says EIO of a bad sector and of a disk that is not there any more; and of that one, ENOSPC when something
  /// is written (block/fops.c: it has no bytes). Only of the sector has the medium spoken: when all paths' disks were
  /// taken away at once, the client got an error instead of waiting for them.
  private func told(_ outcome: IOOutcome, by path: PathHost) -> IOOutcome {
    switch outcome.verdict {
    case .none, .lost: return outcome
    case .target, .doubtful:
      guard path.isBlockDevice, mp_disk_is_gone(path.descriptor) else { return outcome }
      return .failure(errno: Errno.enodev)
    }
  }

  mutating func endIO(_ device: Int, _ place: Int, _ outcome: IOOutcome) {
    let token = devices[device].pending[place].request.token
    let path = devices[device].pending[place].request.path
    let outcome = told(outcome, by: devices[device].paths[Int(path.rawValue)])
    devices[device].pending[place].step = .idle
    devices[device].pendingCount -= 1
    devices[device].engine.completed(
      IOCompletion(token: token, outcome: outcome), at: now, arena: &arena, effects: &effects)
    hasReleased = true
    drainEffects(device)
    endIfDestroyed(device)
  }
}

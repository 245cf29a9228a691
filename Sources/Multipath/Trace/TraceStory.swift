internal import BlockIO

/// A trace in words: a line for each input, and one below it for each effect.
public struct TraceStory: Sendable {
  private var paths: [UInt8: String]

  public init(_ header: TraceHeader) { paths = header.paths }

  /// The lines of one step, the first with its virtual time in microseconds.
  public mutating func lines(_ step: TraceStep) -> [String] {
    let time = "\(step.after.nanoseconds / 1000) us  "
    var lines = [time + text(step.input)]
    let indent = String(repeating: " ", count: time.utf8.count)
    for effect in step.effects {
      lines.append(indent + "-> " + text(effect))
      if case .drained(let path) = effect { paths[path.rawValue] = nil }
    }
    if let answer = text(step.answer) { lines.append(indent + "-> " + answer) }
    if !step.isAsRecorded { lines.append(indent + "!! the recording has something else here") }
    return lines
  }

  private func name(_ path: PathIndex) -> String {
    paths[path.rawValue].map(Self.printable) ?? "path \(path.rawValue)"
  }

  /// A name from a file, which must not steer a terminal.
  public static func printable(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : $0 }
          .filter { !(0x80...0x9f).contains($0.value) }))
  }

  private func name(_ path: PathIndex?) -> String { path.map { name($0) } ?? "none" }

  // MARK: Inputs

  private func text(_ input: MachineInput) -> String {
    switch input {
    case .submit(let slot, let operation, let flags, let range):
      "request \(slot): \(operation) \(range.length) bytes at \(range.offset)\(text(flags))"
    case .attemptFinished(let token, let outcome):
      "attempt \(token.slot) ends: \(text(outcome))"
    case .attemptRefused(let token): "attempt \(token.slot) finds no memory"
    case .probeFinished(let token, let outcome):
      "the probe of \(name(place(token))) ends: \(text(outcome))"
    case .cancelWaiting(let slot): "the client of request \(slot) has gone"
    case .answerUnheard(let slot): "nobody hears the answer to request \(slot)"
    case .tick: "time has passed"
    case .control(let input): text(input)
    }
  }

  private func place(_ token: Token) -> PathIndex? {
    token.slot < 64 ? PathIndex(UInt8(token.slot)) : nil
  }

  private func text(_ input: ControlInput) -> String {
    switch input {
    case .addPath(let cause): "a path is added" + (cause.map { ", lost: \(text($0))" } ?? "")
    case .removePath(let path): "\(name(path)) is removed"
    case .holdPath(let path, let yields):
      "an operator fails \(name(path))\(yields ? ", until it is needed" : "")"
    case .restorePath(let path): "an operator restores \(name(path))"
    case .releaseHold(let path, let cause):
      "an operator restores \(name(path)), which still fails: \(text(cause))"
    case .markForeign(let path): "\(name(path)) shows another medium"
    case .pathReopened(let path): "\(name(path)) is opened anew"
    case .pathLost(let path, let cause): "the connection of \(name(path)) has ended: \(text(cause))"
    case .identityChecked(let path, _, let verdict):
      "the medium of \(name(path)) is found to be \(verdict)"
    case .fenceFinished(let path, _, let succeeded):
      succeeded ? "\(name(path)) has been cut off" : "\(name(path)) could not be cut off"
    case .prefer(let path, let sticky):
      "an operator prefers \(name(path))\(sticky ? " for good" : "")"
    case .setPreferred(let path): "failback returns to \(name(path))"
    case .rotate: "an operator asks for the next path"
    case .failQueued: "an operator fails what waits"
    case .stop: "nothing waits any more"
    case .setMode(let mode): "the mode is \(mode.word)"
    case .setSelector(let name): "the selector is \(name)"
    case .setStallPolicy(let policy): "silence is judged by \(policy)"
    case .setHedging(let policy): "hedging goes by \(policy)"
    case .setFailback(let failback): "failback is \(failback)"
    case .setCacheDomain(let domain): "the caches are \(domain)"
    case .setFence(let policy): "fences go by \(policy)"
    case .setPriority(let priority, let path): "\(name(path)) has priority \(priority)"
    case .setWeight(let weight, let path): "\(name(path)) has weight \(weight)"
    case .setNoPathTimeout(let timeout): "requests wait for a path for \(text(timeout))"
    case .setNoPathBytesMax(let bytes): "at most \(bytes) bytes wait for a path"
    case .setProbeSchedule(let schedule): "probes go by \(schedule)"
    case .setGeometry(let geometry): "the medium has \(geometry.sizeBytes) bytes"
    }
  }

  private func text(_ flags: OperationFlags) -> String {
    var words = ""
    if flags.contains(.forceUnitAccess) { words += ", FUA" }
    if flags.contains(.keepAllocated) { words += ", no hole" }
    if flags.contains(.onlyIfFast) { words += ", fast only" }
    return words
  }

  private func text(_ outcome: IOOutcome) -> String {
    outcome == .success ? "success" : "errno \(outcome.errno)"
  }

  private func text(_ cause: FaultCause) -> String {
    "errno \(cause.errno), \(cause.operation) at \(cause.offset)"
  }

  private func text(_ interval: Interval) -> String { "\(interval.nanoseconds / 1000) us" }

  // MARK: Effects

  private func text(_ effect: MultipathEffect) -> String {
    switch effect {
    case .issue(let token, let slot, let path, let needsOwnBuffer):
      "\(name(path)) gets request \(slot) as attempt \(token.slot)"
        + (needsOwnBuffer ? ", with a buffer of its own" : "")
    case .finish(let slot, let outcome, let winner):
      "request \(slot) is over: \(text(outcome))" + (winner.map { ", by attempt \($0.slot)" } ?? "")
    case .probe(_, let path, let range): "\(name(path)) is probed at \(range.offset)"
    case .checkIdentity(let path, _): "the medium of \(name(path)) is to be compared"
    case .fence(let path, _): "\(name(path)) is to be cut off"
    case .drained(let path): "\(name(path)) is quiet and gone"
    case .event(let event): "event: " + text(event)
    }
  }

  private func text(_ event: MultipathEvent) -> String {
    switch event {
    case .pathFailed(let path, let cause): "\(name(path)) failed: \(text(cause))"
    case .pathLost(let path, let cause): "\(name(path)) is lost: \(text(cause))"
    case .pathForeign(let path): "\(name(path)) is foreign"
    case .pathHeld(let path): "\(name(path)) is held"
    case .pathStalled(let path, let quiet, let reissued, let waiting):
      "\(name(path)) stalled: silent for \(text(quiet)), \(reissued) attempts go elsewhere, "
        + "\(waiting) wait"
    case .pathResolved(let path): "\(name(path)) has answered all that was given up"
    case .pathRestored(let path, let cause): "\(name(path)) is back in service: \(cause)"
    case .activeChanged(let from, let to): "failover from \(name(from)) to \(name(to))"
    case .queueingBegan: "requests wait for a path"
    case .queueingEnded: "no request waits for a path any more"
    case .holdingBegan: "changes wait for one that may still happen elsewhere"
    case .holdingEnded: "no change waits for another any more"
    case .mediumError(let cause): "every path says so: \(text(cause))"
    case .fenceBegan(let path): "changes wait until \(name(path)) is cut off"
    case .fenceFailed(let path, let wait):
      "\(name(path)) could not be cut off, again in \(text(wait))"
    case .fenceSucceeded(let path, let waited):
      "\(name(path)) is cut off, changes had waited for \(text(waited))"
    case .fenceNotNeeded(let path): "\(name(path)) need not be cut off any more"
    case .flushFailed(let path): "a flush failed: \(name(path)) has what was acknowledged"
    }
  }

  private func text(_ answer: MachineAnswer) -> String? {
    switch answer {
    case .none: nil
    case .place(let path): path.map { "it is path \($0.rawValue)" } ?? "there is no room for it"
    case .flag(let flag): flag ? "done" : "not done"
    case .count(let count): "\(count) requests"
    }
  }
}

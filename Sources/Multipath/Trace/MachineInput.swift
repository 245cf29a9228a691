public import BlockIO

/// Everything that a decision machine can be told: what a trace consists of.
public enum MachineInput: Sendable {
  case submit(slot: UInt32, operation: Operation, flags: OperationFlags, range: ByteRange)
  case attemptFinished(Token, IOOutcome)
  case attemptRefused(Token)
  case probeFinished(Token, IOOutcome)
  case cancelWaiting(slot: UInt32)
  case answerUnheard(slot: UInt32)
  case tick
  case control(ControlInput)
}

/// What the control side may tell a machine, on an operator's behalf or its own. A new case here is
/// recorded and replayed without further ado.
public enum ControlInput: Sendable, Codable {
  case addPath(lost: FaultCause?)
  case removePath(PathIndex)
  case holdPath(PathIndex, yields: Bool)
  case restorePath(PathIndex)
  case releaseHold(PathIndex, failing: FaultCause)
  case markForeign(PathIndex)
  case pathReopened(PathIndex)
  case pathLost(PathIndex, FaultCause)
  case identityChecked(PathIndex, generation: UInt32, IdentityVerdict)
  case fenceFinished(PathIndex, generation: UInt32, succeeded: Bool)
  case prefer(PathIndex, sticky: Bool)
  case setPreferred(PathIndex)
  case rotate
  case failQueued
  case stop
  case setMode(Mode)
  /// By name; one that spreads.
  case setSelector(String)
  case setStallPolicy(StallPolicy)
  case setHedging(HedgePolicy)
  case setFailback(Failback)
  case setFence(FencePolicy)
  case setCacheDomain(CacheDomain)
  case setPriority(UInt8, of: PathIndex)
  case setWeight(UInt32, of: PathIndex)
  case setNoPathTimeout(Interval)
  case setNoPathBytesMax(UInt64)
  case setProbeSchedule(ProbeSchedule)
  case setGeometry(Geometry)
}

/// What a machine says to an input at once, besides its effects.
public enum MachineAnswer: Sendable, Equatable {
  case none
  /// `addPath`: the place of the path, nil when there is none.
  case place(PathIndex?)
  /// `prefer`: whether the path can carry requests. `cancelWaiting`: whether it was only waiting.
  case flag(Bool)
  /// `failQueued`: how many requests.
  case count(Int)
}

extension MultipathMachine {
  /// Feeds one input: the same as calling the method of its name.
  public mutating func apply(
    _ input: MachineInput, at now: Instant, effects: inout Effects
  ) -> MachineAnswer {
    switch input {
    case .submit(let slot, let operation, let flags, let range):
      submit(
        slot: slot, operation: operation, flags: flags, range: range, at: now, effects: &effects)
    case .attemptFinished(let token, let outcome):
      attemptFinished(token, outcome: outcome, at: now, effects: &effects)
    case .attemptRefused(let token): attemptRefused(token, at: now, effects: &effects)
    case .probeFinished(let token, let outcome):
      probeFinished(token, outcome: outcome, at: now, effects: &effects)
    case .cancelWaiting(let slot): return .flag(cancelWaiting(slot: slot, effects: &effects))
    case .answerUnheard(let slot): answerUnheard(slot: slot)
    case .tick: tick(at: now, effects: &effects)
    case .control(let input): return apply(input, at: now, effects: &effects)
    }
    return .none
  }

  /// Feeds one input of the control side.
  ///
  /// The selector of `.setSelector` must exist.
  public mutating func apply(
    _ input: ControlInput, at now: Instant, effects: inout Effects
  ) -> MachineAnswer {
    switch input {
    case .addPath(let cause): return .place(addPath(lost: cause, at: now, effects: &effects))
    case .removePath(let path): removePath(path, at: now, effects: &effects)
    case .holdPath(let path, let yields):
      holdPath(path, yields: yields, at: now, effects: &effects)
    case .restorePath(let path): restorePath(path, at: now, effects: &effects)
    case .releaseHold(let path, let cause):
      releaseHold(path, failing: cause, at: now, effects: &effects)
    case .markForeign(let path): markForeign(path, at: now, effects: &effects)
    case .pathReopened(let path): pathReopened(path, at: now)
    case .pathLost(let path, let cause): pathLost(path, cause, at: now, effects: &effects)
    case .identityChecked(let path, let generation, let verdict):
      identityChecked(
        path, generation: generation, verdict: verdict, at: now, effects: &effects)
    case .fenceFinished(let path, let generation, let succeeded):
      fenceFinished(
        path, generation: generation, succeeded: succeeded, at: now, effects: &effects)
    case .prefer(let path, let sticky):
      return .flag(prefer(path, sticky: sticky, at: now, effects: &effects))
    case .setPreferred(let path): setPreferred(path, at: now, effects: &effects)
    case .rotate: rotate(at: now, effects: &effects)
    case .failQueued: return .count(failQueued(effects: &effects))
    case .stop: stop(at: now, effects: &effects)
    case .setMode, .setCacheDomain, .setSelector, .setStallPolicy, .setHedging, .setFailback,
      .setFence, .setPriority, .setWeight, .setNoPathTimeout, .setNoPathBytesMax,
      .setProbeSchedule, .setGeometry:
      set(input, at: now, effects: &effects)
    }
    return .none
  }

  private mutating func set(
    _ input: ControlInput, at now: Instant, effects: inout Effects
  ) {
    switch input {
    case .setMode(let mode): setMode(mode)
    case .setSelector(let name):
      guard let kind = SelectorKind.named(name) else {
        preconditionFailure("there is no selector \(name)")
      }
      setSelector(kind)
    case .setStallPolicy(let policy): setStallPolicy(policy)
    case .setHedging(let policy): setHedging(policy)
    case .setFailback(let failback): setFailback(failback, at: now, effects: &effects)
    case .setCacheDomain(let domain): setCacheDomain(domain)
    case .setFence(let policy): setFence(policy, at: now, effects: &effects)
    case .setPriority(let priority, let path):
      setPriority(priority, of: path, at: now, effects: &effects)
    case .setWeight(let weight, let path): setWeight(weight, of: path)
    case .setNoPathTimeout(let timeout): setNoPathTimeout(timeout)
    case .setNoPathBytesMax(let bytes): setNoPathBytesMax(bytes)
    case .setProbeSchedule(let schedule): setProbeSchedule(schedule)
    case .setGeometry(let geometry): setGeometry(geometry, at: now, effects: &effects)
    case .addPath, .removePath, .holdPath, .restorePath, .releaseHold, .markForeign,
      .pathReopened, .pathLost, .identityChecked, .fenceFinished, .prefer, .setPreferred, .rotate,
      .failQueued, .stop:
      preconditionFailure("not a setting")
    }
  }
}

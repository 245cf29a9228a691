internal import BasicContainers
internal import BlockIO

/// What a machine can be told without breaking a rule that its callers keep. A replay asks before each
/// input, since a trace may come from anywhere.
extension MultipathMachine {
  /// The longest read or write: lengths have 32 bits in every protocol there is.
  static var payloadBytesReplayable: UInt64 { 1 << 32 }

  func accepts(_ input: MachineInput) -> Bool {
    switch input {
    case .submit(let slot, let operation, _, let range):
      guard Int(slot) < requests.count, isVacant(slot: slot),
        configuration.geometry.contains(range)
      else { return false }
      switch operation {
      case .read, .write: return range.length <= Self.payloadBytesReplayable
      case .flush: return range.isEmpty
      case .discard, .writeZeroes: return true
      }
    case .attemptFinished(let token, _): return isOutstanding(token)
    case .attemptRefused(let token):
      return isOutstanding(token) && attempts[Int(token.slot)].operation == .read
    case .probeFinished(let token, _):
      guard token.kind == TokenKind.probe, Int(token.slot) < table.reachedCount else {
        return false
      }
      return table[PathIndex(UInt8(token.slot))].probe.isInFlight
    case .cancelWaiting(let slot), .answerUnheard(let slot):
      return Int(slot) < requests.touchedCount
    case .tick: return true
    case .control(let input): return accepts(input)
    }
  }

  private func isOutstanding(_ token: Token) -> Bool {
    guard token.kind == TokenKind.attempt, Int(token.slot) < attempts.touchedCount else {
      return false
    }
    let attempt = attempts[Int(token.slot)]
    return attempt.isOutstanding && attempt.generation == token.generation
  }

  private func accepts(_ input: ControlInput) -> Bool {
    switch input {
    case .removePath(let path): return isOccupied(path) && table[path].tenancy == .attached
    case .holdPath(let path, _), .restorePath(let path), .releaseHold(let path, _),
      .markForeign(let path), .pathReopened(let path), .pathLost(let path, _),
      .identityChecked(let path, _, _),
      .fenceFinished(let path, _, _),
      .prefer(let path, _), .setPreferred(let path), .setPriority(_, let path):
      return isOccupied(path)
    case .setWeight(let weight, let path): return isOccupied(path) && (1...100).contains(weight)
    case .setSelector(let name): return SelectorKind.named(name)?.spreads == true
    case .setHedging(let policy): return policy.isReplayable
    case .setFence(let policy): return policy.isReplayable
    case .setProbeSchedule(let schedule): return schedule.isReplayable
    case .setGeometry(let geometry):
      return geometry.blockBytes == configuration.geometry.blockBytes
    case .addPath, .rotate, .failQueued, .stop, .setMode, .setCacheDomain, .setStallPolicy,
      .setFailback,
      .setNoPathTimeout, .setNoPathBytesMax:
      return true
    }
  }

  private func isOccupied(_ path: PathIndex) -> Bool {
    Int(path.rawValue) < table.reachedCount && table[path].tenancy != .vacant
  }
}

extension HedgePolicy {
  /// The credit, in hundredths, does not come near the end of 32 bits.
  var isReplayable: Bool { percent <= 1 << 20 && burst <= 1 << 20 }
}

extension FencePolicy {
  /// Waits can be doubled.
  var isReplayable: Bool {
    retryFirst.nanoseconds <= ProbeSchedule.longestReplayable
      && retryLongest.nanoseconds <= ProbeSchedule.longestReplayable
  }
}

extension ProbeSchedule {
  static var longestReplayable: UInt64 { 1 << 62 }

  /// Waits can be doubled, and the count fits 32 bits.
  var isReplayable: Bool {
    first.nanoseconds <= Self.longestReplayable && longest.nanoseconds <= Self.longestReplayable
      && (0...1 << 30).contains(goodNeeded)
  }
}

internal import BasicContainers
internal import BlockIO

/// A running digest of what a machine has decided, the same on every machine and in every run.
struct TraceDigest: Equatable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  @inline(__always)
  mutating func mix(_ word: UInt64) {
    value = (value ^ word) &* 0x9e37_79b9_7f4a_7c15
    value ^= value &>> 32
  }

  mutating func mix(_ text: String) {
    mix(UInt64(text.utf8.count))
    for byte in text.utf8 { mix(UInt64(byte)) }
  }

  /// Half of it, as it stands beside each input of a trace.
  var short: UInt32 { UInt32(truncatingIfNeeded: value) }

  mutating func mix(_ effect: MultipathEffect) {
    switch effect {
    case .issue(let token, let slot, let path, let needsOwnBuffer):
      mix(1 | UInt64(path.rawValue) &<< 8 | (needsOwnBuffer ? 1 &<< 16 : 0))
      mix(token.rawValue)
      mix(UInt64(slot))
    case .finish(let slot, let outcome, let winner):
      mix(2 | UInt64(slot) &<< 8)
      mix(outcome == .success ? UInt64.max : UInt64(bitPattern: Int64(outcome.errno)))
      mix(winner?.rawValue ?? 0)
    case .probe(let token, let path, let range):
      mix(3 | UInt64(path.rawValue) &<< 8)
      mix(token.rawValue)
      mix(range.offset)
      mix(range.length)
    case .checkIdentity(let path, let generation):
      mix(4 | UInt64(path.rawValue) &<< 8 | UInt64(generation) &<< 16)
    case .fence(let path, let generation):
      mix(6 | UInt64(path.rawValue) &<< 8 | UInt64(generation) &<< 16)
    case .drained(let path): mix(5 | UInt64(path.rawValue) &<< 8)
    case .event(let event): mix(event)
    }
  }

  private mutating func mix(_ event: MultipathEvent) {
    switch event {
    case .pathFailed(let path, let cause): mix(16, path, cause)
    case .pathLost(let path, let cause): mix(17, path, cause)
    case .pathForeign(let path): mix(18 | UInt64(path.rawValue) &<< 8)
    case .pathHeld(let path): mix(19 | UInt64(path.rawValue) &<< 8)
    case .pathStalled(let path, let quiet, let reissued, let waiting):
      mix(20 | UInt64(path.rawValue) &<< 8)
      mix(quiet.nanoseconds)
      mix(UInt64(UInt32(bitPattern: reissued)) &<< 32 | UInt64(UInt32(bitPattern: waiting)))
    case .pathResolved(let path): mix(21 | UInt64(path.rawValue) &<< 8)
    case .pathRestored(let path, let cause):
      mix(22 | UInt64(path.rawValue) &<< 8 | UInt64(cause.rawValue) &<< 16)
    case .activeChanged(let from, let to):
      mix(23 | UInt64(from?.rawValue ?? 255) &<< 8 | UInt64(to?.rawValue ?? 255) &<< 16)
    case .queueingBegan: mix(24)
    case .queueingEnded: mix(25)
    case .mediumError(let cause): mix(26, nil, cause)
    case .fenceBegan(let path): mix(27 | UInt64(path.rawValue) &<< 8)
    case .fenceFailed(let path, let wait):
      mix(28 | UInt64(path.rawValue) &<< 8)
      mix(wait.nanoseconds)
    case .fenceSucceeded(let path, let waited):
      mix(29 | UInt64(path.rawValue) &<< 8)
      mix(waited.nanoseconds)
    case .fenceNotNeeded(let path): mix(30 | UInt64(path.rawValue) &<< 8)
    case .holdingBegan: mix(35)
    case .holdingEnded: mix(36)
    case .flushFailed(let path): mix(31 | UInt64(path?.rawValue ?? 255) &<< 8)
    }
  }

  private mutating func mix(_ kind: UInt64, _ path: PathIndex?, _ cause: FaultCause) {
    mix(kind | UInt64(path?.rawValue ?? 255) &<< 8 | UInt64(cause.operation.rawValue) &<< 16)
    mix(UInt64(bitPattern: Int64(cause.errno)))
    mix(cause.offset)
  }

  mutating func mix(_ answer: MachineAnswer) {
    switch answer {
    case .none: return
    case .place(let path): mix(32 | UInt64(path?.rawValue ?? 255) &<< 8)
    case .flag(let flag): mix(33 | (flag ? 1 &<< 8 : 0))
    case .count(let count): mix(34 | UInt64(count) &<< 8)
    }
  }
}

extension EffectQueue where Effect == MultipathEffect {
  /// Where the next effect will stand.
  package var mark: Int { storage.count }

  /// The digest of one input's outcome: the effects since `mark`, and the answer.
  func digest(since mark: Int, _ answer: MachineAnswer) -> UInt32 {
    var digest = TraceDigest()
    for index in mark..<storage.count { digest.mix(storage[index]) }
    digest.mix(answer)
    return digest.short
  }
}

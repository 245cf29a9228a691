public import BlockIO
public import Multipath

/// Changes of one session wait for another's to the same bytes.
///
/// The kernel's NBD client may send a change a second time over another connection, when the first one has died
/// or a timer has fired, and takes the answer to either for the end of both. If the copies were carried out
/// side by side, the second could be acknowledged, a newer change of the same bytes too, and then the
/// first one could land. So what came first ends first, whether its session is still there or not. Clients
/// that do not repeat themselves lose nothing: what overlaps on two connections has no order that
/// they could rely on, and file systems do not do it.
extension Engine {
  /// Hands a request whose payload is there to the machine, or keeps it until it may go.
  mutating func submitOrHold(_ slot: UInt32, at now: Instant) {
    guard keepsSessionsApart, requests[Int(slot)].operation.modifies else {
      return submit(slot, at: now)
    }
    let session = requests[Int(slot)].session
    let mustWait = !owners.areAll(of: session) && overlapsEarlier(slot)
    changes.insert(requests[Int(slot)].range)
    requests[Int(slot)].isOwn = owners.insert(session)
    guard mustWait else { return submit(slot, at: now) }
    requests[Int(slot)].phase = .held
    requests[Int(slot)].arrival = arrivals
    arrivals &+= 1
    heldSlots += 1
  }

  /// Whether a change of another session, or of one that has gone, is under way on any of the same bytes, or
  /// waits and came before this one.
  private func overlapsEarlier(_ slot: UInt32) -> Bool {
    let request = requests[Int(slot)]
    guard changes.mayTouch(request.range) else { return false }
    for place in 0..<requests.touchedCount {
      let other = requests[place]
      switch other.phase {
      case .vacant, .reserved, .answered: continue
      case .held where request.phase == .held && other.arrival >= request.arrival: continue
      case .held, .running: break
      }
      guard other.session != request.session || other.isOrphan else { continue }
      if other.operation.modifies, other.range.overlaps(request.range) { return true }
    }
    return false
  }

  /// A change that was under way or waited is over.
  mutating func forgetChange(_ slot: UInt32) {
    guard keepsSessionsApart, requests[Int(slot)].operation.modifies else { return }
    changes.remove(requests[Int(slot)].range)
    owners.remove(isOwn: requests[Int(slot)].isOwn)
    mayRelease = true
  }

  /// The session of a change that is under way has gone.
  mutating func disownChange(_ slot: Int) {
    guard requests[slot].isOwn else { return }
    requests[slot].isOwn = false
    owners.disown()
  }

  /// Lets go what waited for changes that are over. Called by every input that may end one; after `abandon`, which
  /// is told no time, by its caller.
  public mutating func releaseHeld(
    at now: Instant, arena: inout BufferArena, effects: inout Effects
  ) {
    while mayRelease {
      mayRelease = false
      guard heldSlots > 0 else { return }
      var slot = nextHeld(from: 0)
      while let place = slot {
        let next = requests[Int(place)].arrival &+ 1
        if !overlapsEarlier(place) { letGo(place, at: now, arena: &arena, effects: &effects) }
        slot = nextHeld(from: next)
      }
    }
  }

  private mutating func letGo(
    _ slot: UInt32, at now: Instant, arena: inout BufferArena, effects: inout Effects
  ) {
    requests[Int(slot)].phase = .reserved
    heldSlots -= 1
    if answerIfBeyondEnd(slot, effects: &effects) { return forgetChange(slot) }
    submit(slot, at: now)
    translate(at: now, arena: &arena, effects: &effects)
  }

  /// The one of those that wait that came first, at `arrival` or later.
  private func nextHeld(from arrival: UInt64) -> UInt32? {
    var found: UInt32?
    for place in 0..<requests.touchedCount where requests[place].phase == .held {
      guard requests[place].arrival >= arrival else { continue }
      if let best = found, requests[Int(best)].arrival <= requests[place].arrival { continue }
      found = UInt32(place)
    }
    return found
  }
}

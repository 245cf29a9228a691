internal import Control
internal import Glibc
internal import Logging
internal import Reactor

/// Who waits for the state file. One write is under way at a time; whatever changes meanwhile is in the next, so that a
/// thousand devices that come together are written a few times and not a thousand times.
struct SaveQueue {
  var isWriting = false
  /// Tickets of those whose change is in the next write.
  var waiting: [UInt64] = []
  /// A write is due for which nobody waits.
  var isDue = false
}

extension Supervisor {
  /// Writes the state file, then answers; a file that cannot be written is a warning, since the change
  /// itself has happened.
  func save(_ done: @escaping (_ warning: String?) -> Void) {
    guard let state else { return done(nil) }
    let file = state.file
    let ticket = ticket(patience: DaemonLimits.pathPatience) { answer in
      switch answer {
      case .saved(errno: 0): done(nil)
      case .saved(let errno):
        done(
          "\(file) could not be written (\(ErrnoText.sentence(errno))): "
            + "a restart will not know of this change")
      case .timedOut, .done, .refused, .counted, .explained, .tracing, .snapshot, .opened,
        .compared, .fenced,
        .kernel, .labelled, .exportOpened:
        done("\(file) is still being written: a restart may not know of this change")
      }
    }
    saves.waiting.append(ticket)
    if !saves.isWriting { writeState(state) }
  }

  /// Writes the state file soon, for what a restart would find out by itself, too.
  func saveSoon() {
    guard state != nil, !saves.isDue else { return }
    saves.isDue = true
    timers.after(DaemonLimits.saveWait) { [self] in
      guard saves.isDue else { return }
      save { [self] warning in
        if let warning { log.warning("\(warning)") }
      }
    }
  }

  private func writeState(_ state: StateStore) {
    let served = saves.waiting
    saves = SaveQueue(isWriting: true)
    let over = openTicket { [self] answer in
      saves.isWriting = false
      for ticket in served { self.answer(ticket, answer) }
      if !saves.waiting.isEmpty { writeState(state) }
    }
    let specifications = devices.filter { !$0.isBeingDestroyed }.map { $0.specification } + stopped
    let inbox = inbox
    state.write(specifications) { errno in
      inbox.post(.answer(ticket: over, .saved(errno: errno)))
    }
  }
}

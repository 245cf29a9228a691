/// The lines of `mpctl events`.
package enum EventText {
  /// When, which device, what, and what is known of it.
  package static func line(_ event: EventRecord, _ context: RenderingContext) -> String {
    let subject = ([event.device] + [event.path].compactMap { $0 }).map {
      PrintableText.escaped($0)
    }
    let kind = tone(event).applied(to: event.kind.rawValue, colours: context.colours)
    let details = details(of: event).map { PrintableText.escaped($0) }
    return TimeText.precise(milliseconds: event.time) + " "
      + subject.joined(separator: " ") + " " + kind
      + (details.isEmpty ? "" : ": " + details.joined(separator: ", ")) + "\n"
  }

  /// For a follower that was too slow.
  package static func missed(_ count: UInt64) -> String {
    "(\(count) \(count == 1 ? "event is" : "events are") missing here: the reader was too slow)\n"
  }

  private static func details(of event: EventRecord) -> [String] {
    var details: [String] = []
    if let state = event.state { details.append(state.rawValue) }
    if event.from != nil || event.to != nil {
      details.append("\(event.from ?? "none") to \(event.to ?? "none")")
    }
    if let cause = event.cause { details.append(cause) }
    if let duration = event.durationMicroseconds {
      details.append("after \(HumanNumber.time(microseconds: duration))")
    }
    if let reissued = event.reissued {
      details.append("\(reissued) \(reissued == 1 ? "attempt" : "attempts") sent elsewhere")
    }
    if let waiting = event.waiting, waiting > 0 {
      details.append("\(waiting) cannot be")
    }
    return details
  }

  private static func tone(_ event: EventRecord) -> Tone {
    switch event.kind {
    case .deviceState: event.state.map { Tone($0) } ?? .plain
    case .pathFailed, .pathLost, .pathForeign, .pathStalled, .queueBegan, .mediumError,
      .mediumShrunk,
      .fenceFailed, .flushFailed:
      .bad
    case .failover, .pathHeld, .clientDropped, .activeChanged, .fenceBegan, .holdBegan: .warning
    case .pathAdded, .pathRestored, .pathResolved, .queueEnded, .holdEnded, .mediumRegrown,
      .fenceSucceeded,
      .fenceNotNeeded:
      .good
    case .deviceCreated, .deviceDestroyed, .settingsChanged, .deviceResized, .pathRemoved, .other:
      .plain
    }
  }
}

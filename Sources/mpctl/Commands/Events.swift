internal import ArgumentParser
internal import Control

/// `mpctl events`.
struct Events: ControlCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what has happened to the devices and their paths.",
    discussion: """
      The daemon remembers its last 1024 events; they are printed oldest first, one a line. With \
      --follow the command goes on with each new one until it is interrupted. A reader that is too \
      slow to follow is told how many it has missed, and nobody waits for it.

      The time after 'failover' and 'path-failed' is how long requests had waited when they were \
      sent elsewhere; after 'path-stalled', how long the path had been silent; after 'queue-ended', \
      how long requests had waited for a path; after 'hold-ended', how long changes had waited for one of \
      the same bytes that might still happen on another path.

      With --json every event is an object on a line of its own.

      EXAMPLES
        mpctl events data
        As they happen, beginning with the last ten:
          mpctl events --follow --last 10
      """)

  @Flag(name: .shortAndLong, help: "Go on with new events as they happen.")
  var follow = false

  @Option(
    name: .long,
    help: ArgumentHelp("Only the newest so many of those remembered.", valueName: "count"))
  var last: Int?

  @Flag(name: .long, help: "Print each event as a line of JSON.")
  var json = false

  @OptionGroup var connection: ConnectionOptions

  @Argument(help: "Only this device.")
  var name: String?

  func validate() throws {
    if let last, last < 0 { throw ValidationError("--last takes 0 or more") }
  }

  func perform(_ session: Session) throws(CommandFailure) -> ExitStatus {
    let params = EventsMethod.Params(name: name, last: last)
    let context = Terminal.context
    guard follow else {
      let result = try session.ask(EventsMethod.self, params)
      for event in result.events { try show(StreamLine(event: event), context) }
      return .done
    }
    try session.follow(params) { line throws(CommandFailure) in try show(line, context) }
    return .done
  }

  private func show(
    _ line: StreamLine, _ context: RenderingContext
  ) throws(CommandFailure) {
    if json {
      let bytes = try CommandFailure.catching { () throws(ControlError) in
        if let event = line.event { return try StreamLine.json(event) }
        return try line.encoded()
      }
      Terminal.write(String(decoding: bytes, as: UTF8.self))
    } else if let event = line.event {
      Terminal.write(EventText.line(event, context))
    } else if let missed = line.missed {
      Terminal.write(EventText.missed(missed))
    }
  }
}

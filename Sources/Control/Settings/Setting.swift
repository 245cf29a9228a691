/// One thing that can be set about a device: its key, its help, and how its value is read and written.
///
/// Help, `set`, `list` and the state file all go by `all`, so that a new setting is one entry there.
package struct Setting: Sendable {
  package let name: String
  /// What stands for the value in help.
  package let value: String
  package let help: String
  let read: @Sendable (String, inout DeviceSettings) -> Bool
  let write: @Sendable (DeviceSettings) -> String
  /// What a value may be, for a refusal.
  let allowed: String

  package static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

  /// Those that the state file has had fields for from the beginning.
  static let keptApart = ["mode", "no-path-timeout"]

  package func format(_ settings: DeviceSettings) -> String { write(settings) }

  package func store(_ text: String, in settings: inout DeviceSettings) throws(ControlError) {
    guard read(text, &settings) else {
      throw ControlError(
        .badRequest, "\(name) cannot be '\(PrintableText.escaped(text, lengthMax: 80))'",
        hint: "give \(allowed)")
    }
  }

  package static let all: [Setting] = [
    words(
      "mode", \.mode,
      help: "How the paths share the work; see 'mpctl create --help'."),
    words(
      "selector", \.selector,
      help:
        "The rule by which shared work goes to a path: fewest outstanding and then longest idle "
        + "(active-active), in turn, fewest outstanding, fewest bytes in flight for its weight, or "
        + "soonest answer. Not in active-passive, where nothing is shared."),
    words(
      "give-up", \.giveUp,
      help: "What happens to writes on a path that does not answer: sent elsewhere at once, while "
        + "later writes to the same place wait, or never sent elsewhere before the path answers."),
    number(
      "stall-floor", \.stallFloorMilliseconds, 1...60_000, value: "MS",
      help: "A path is never suspect sooner than this."),
    number(
      "stall-factor", \.stallFactor, 1...1000, value: "N",
      help: "A path is suspect after N times what its slowest answers usually take."),
    number(
      "stall-ceiling", \.stallCeilingMilliseconds, 1...3_600_000, value: "MS",
      help: "A path is suspect after this, whatever its history says."),
    number(
      "stall-grace", \.stallGraceMilliseconds, 1...60_000, value: "MS",
      help: "A suspect path is given up so long after another one was seen to answer."),
    number(
      "ghosts", \.ghostsMax, 0...256, value: "N",
      help: "So many writes at most may be sent elsewhere before their path has answered; the next "
        + "ones wait for it, as under give-up=strict."),
    number(
      "hold-timeout", \.holdTimeoutSeconds, 0...86_400, value: "SECONDS",
      help: "How long a write waits for an unanswered one to the same place before it fails."),
    number(
      "hedge", \.hedgePercent, 0...20, value: "PERCENT",
      help: "Ask a second path when a read is late, for at most so many reads of a hundred; "
        + "0 never does."),
    number(
      "hedge-floor", \.hedgeFloorMicroseconds, 1...60_000_000, value: "US",
      help: "No read is late sooner than this many microseconds, whatever its path's history says."),
    number(
      "hedge-burst", \.hedgeBurst, 1...10_000, value: "N",
      help: "So many second questions may be saved up while few reads are late."),
    parsed(
      "failback", \.failback, value: "manual|immediate|SECONDS",
      help: "When the preferred path, or a better group, becomes active again.",
      allowed: "manual, immediate, or 1 to \(FailbackRule.secondsMax) seconds",
      read: FailbackRule.init, write: { $0.text }),
    number(
      "no-path-timeout", \.noPathTimeoutSeconds, 0...DeviceOptions.noPathTimeoutSecondsMax,
      value: "SECONDS",
      help: "How long requests wait for a usable path before they fail; 0 fails them at once."),
    words(
      "on-last-path", \.onLastPath,
      help: "What happens when no path is usable: requests wait as no-path-timeout says, or they "
        + "fail at once; with 'destroy' the device also ends when its last path is gone, which "
        + "is what gmultipath does."),
    parsed(
      "no-path-bytes", \.noPathBytes, value: "SIZE",
      help:
        "How many bytes of requests may wait for a usable path; what comes on top fails at once.",
      allowed: "0 to \(ByteSize.text(ByteSize.noPathMax)), with K, M or G for powers of 1024",
      read: { ByteSize.parse($0).flatMap { $0 <= ByteSize.noPathMax ? $0 : nil } },
      write: ByteSize.text),
    number(
      "probe-first", \.probeFirstMilliseconds, 10...60_000, value: "MS",
      help: "The wait before the first probe of a failed path, and after each good one."),
    number(
      "probe-longest", \.probeLongestSeconds, 1...3600, value: "SECONDS",
      help: "The wait doubles after each bad probe up to this."),
    number(
      "probe-good", \.probeGood, 1...1000, value: "N",
      help: "Good probes in a row before a path returns."),
    number(
      "probe-idle", \.probeIdleSeconds, 1...3600, value: "SECONDS",
      help: "A path that has answered nothing for this long is probed, while its device is in use."),
    number(
      "probe-unused", \.probeUnusedSeconds, 1...86_400, value: "SECONDS",
      help: "The same while nobody uses the device."),
    number(
      "flap-window", \.flapWindowSeconds, 1...86_400, value: "SECONDS",
      help: "A path that fails again within this time of its return is flapping; after a second "
        + "time it stays out for flap-first, and twice as long each further time."),
    number(
      "flap-first", \.flapFirstMilliseconds, 1...3_600_000, value: "MS",
      help: "The first wait of a flapping path; halved for each flap-window that it stays good."),
    number(
      "flap-longest", \.flapLongestSeconds, 1...86_400, value: "SECONDS",
      help: "A flapping path stays out no longer than this."),
    words(
      "cache", \.cache,
      help:
        "Whether what one path has acknowledged can be read and flushed through the others; auto "
        + "finds out, 'mpctl explain' says how. Private allows no active-active."),
    parsed(
      "fence-command", \.fenceCommand, value: "none|COMMAND",
      help: "Run before changes move away from an NBD path that has not answered all of them, with "
        + "device, old and new path as its last arguments; see 'mpctl create --help'.",
      allowed: "none, or a command in one line that begins with the absolute name of a program",
      read: { text in
        if text == "none" { return .some(nil) }
        guard FenceCommand.isUsable(text) else { return .none }
        return .some(text)
      },
      write: { $0 ?? "none" }),
    number(
      "fence-timeout", \.fenceTimeoutSeconds, 1...3600, value: "SECONDS",
      help: "A fence command that has not ended by then is killed, and has failed."),
    number(
      "fence-delay", \.fenceDelaySeconds, 0...3600, value: "SECONDS",
      help: "How long a path that is silent or answers with errors may still answer before it is "
        + "fenced; one whose connection has ended is fenced at once."),
    number(
      "quiesce", \.quiesceSeconds, 0...3600, value: "SECONDS",
      help: "How long after the end of a connection its server may still carry out changes it was "
        + "sent, where no fence command is set. Until then nothing overwrites them. What has been left "
        + "behind when it is changed keeps its time."),
  ]

  private static func words<Word: RawRepresentable & CaseIterable & SendableMetatype>(
    _ name: String, _ key: any WritableKeyPath<DeviceSettings, Word> & Sendable, help: String
  ) -> Setting where Word.RawValue == String {
    let words = Word.allCases.map { $0.rawValue }
    return parsed(
      name, key, value: words.joined(separator: "|"), help: help,
      allowed: words.dropLast().joined(separator: ", ") + " or " + (words.last ?? ""),
      read: { Word(rawValue: $0) }, write: { $0.rawValue })
  }

  private static func number(
    _ name: String, _ key: any WritableKeyPath<DeviceSettings, UInt64> & Sendable,
    _ range: ClosedRange<UInt64>, value: String, help: String
  ) -> Setting {
    parsed(
      name, key, value: value, help: help, allowed: "\(range.lowerBound) to \(range.upperBound)",
      read: { UInt64($0).flatMap { range.contains($0) ? $0 : nil } }, write: { "\($0)" })
  }

  /// - Parameter read: The value that a text stands for; nil where it stands for none.
  private static func parsed<Value>(
    _ name: String, _ key: any WritableKeyPath<DeviceSettings, Value> & Sendable, value: String,
    help: String, allowed: String, read: @escaping @Sendable (String) -> Value?,
    write: @escaping @Sendable (Value) -> String
  ) -> Setting {
    Setting(
      name: name, value: value, help: help,
      read: { text, settings in
        guard let value = read(text) else { return false }
        settings[keyPath: key] = value
        return true
      },
      write: { write($0[keyPath: key]) }, allowed: allowed)
  }
}

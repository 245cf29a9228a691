internal import ArgumentParser
internal import Control

/// The settings that matter for NBD servers as paths, as options of `create`.
struct NetworkOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Whether the paths share a cache: auto, shared or private. (default: auto)",
      valueName: "domain"))
  var cache: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Run before changes move away from a server that may still write.", valueName: "command"))
  var fenceCommand: String?

  @Option(
    name: .long,
    help: ArgumentHelp("How long the command may take. (default: 30)", valueName: "seconds"))
  var fenceTimeout: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How long after the end of a connection its server may still write. (default: 5)",
      valueName: "seconds"))
  var quiesce: String?

  /// Those given, as `set` takes them.
  var assignments: [String] {
    let given = [
      ("cache", cache), ("fence-command", fenceCommand), ("fence-timeout", fenceTimeout),
      ("quiesce", quiesce),
    ]
    return given.compactMap { key, value in value.map { "\(key)=\($0)" } }
  }
}

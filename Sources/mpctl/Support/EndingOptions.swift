internal import ArgumentParser

/// What `destroy` and `stop` may do to clients.
struct EndingOptions: ParsableArguments {
  @Flag(name: .long, help: "End it also while clients are connected: they are disconnected.")
  var force = false
}

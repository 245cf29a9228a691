internal import ArgumentParser

/// `mpctl daemon`: what concerns the daemon as a whole.
struct DaemonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daemon",
    abstract: "Have the running daemon go on as another program.",
    subcommands: [Upgrade.self])
}

internal import ArgumentParser

/// Benchmarks that need no peer. `scripts/bench` compares with other servers.
@main
struct MpbenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mpbench", abstract: "Time parts of mpath by themselves.",
    subcommands: [MachineBenchmark.self])
}

import ArgumentParser

/// `mpsim`: plays scenarios of the multipath engine against a model world.
@main
struct MPSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mpsim",
    abstract: "Play the engine against simulated paths, faults, clients and operators.",
    discussion: """
      One seed is one scenario, drawn and played in virtual time. A broken promise ends the run with \
      exit status 1 and the command that plays it again.
      """,
    subcommands: [Run.self, Replay.self, Minimise.self])
}

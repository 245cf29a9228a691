package import BlockIO

/// What one simulation has come to.
package struct SimulationResult: Sendable {
  package let scenario: Scenario
  /// Two runs of one seed by one program have the same digest.
  package let digest: UInt64
  package let violation: Violation?
  /// Requests begun, attempts carried out and virtual time passed.
  package let requests: Int
  package let attempts: Int
  /// Events that were handled.
  package let steps: Int
  package let elapsed: Interval
  /// One line for each event, when asked for.
  package let log: [String]

  /// What happened, in one line.
  package var summary: String {
    let work = "\(requests) requests, \(attempts) attempts, \(elapsed.milliseconds) ms"
    guard let violation else { return "seed \(scenario.seed): \(work), all promises kept" }
    let at = violation.at.nanoseconds / 1_000
    return """
      seed \(scenario.seed): \(work), VIOLATION at \(at) us
        rule:  \(violation.rule.rawValue)
        found: \(violation.detail)
      """
  }
}

/// A way to break the code under test on purpose, to see that the checkers notice.
package enum Defect: String, Sendable, CaseIterable {
  case none
  /// The machine forgets which paths a request has tried.
  case forgetsTriedPaths
  /// The machine forgets what has been written since the last flush.
  case forgetsUnflushedWrites
  /// Writes do not wait for ghosts, and are given up whatever else is under way.
  case ignoresGhosts
  /// A late answer is taken for an answer to whoever uses its request's place now.
  case ignoresGenerations
  /// The attempts of a read share one buffer.
  case sharesReadBuffers
  /// A path returns without a look at what it shows.
  case skipsIdentity
  /// What an ended connection has left behind is given back at once, although it may still land.
  case ignoresQuietTime
  /// Changes do not wait for a fence.
  case ignoresFences
}

extension Scenario {
  /// Plays the scenario to its end or to the first broken promise.
  package func run(defect: Defect = .none, isVerbose: Bool = false) -> SimulationResult {
    var world = World(self, defect: defect, isVerbose: isVerbose)
    return world.run()
  }
}

internal import BasicContainers
internal import BlockIO

/// What a test may see and break that no production caller can reach. The simulator's checkers are
/// checked with it: a machine that forgets must be found out.
package struct Sabotage: Sendable {
  /// Gives up writes without quarantine: later writes to the same place do not wait for the ghost.
  package var ignoresGhosts = false
  /// Takes a late answer for the answer to whoever uses its place now.
  package var ignoresGenerations = false
  /// Lets a read that was given up and its retry share one buffer.
  package var sharesReadBuffers = false
  /// Lets paths return without comparing their medium.
  package var skipsIdentity = false
  /// Lets changes go elsewhere before the path that they left has been fenced.
  package var ignoresFences = false

  package init() {}
}

extension MultipathMachine {
  package mutating func setSabotage(_ sabotage: Sabotage) { self.sabotage = sabotage }

  /// Makes every request forget which paths it has tried.
  package mutating func forgetTriedPaths() {
    for slot in 0..<requests.touchedCount { requests[slot].tried = PathSet() }
  }

  /// Makes every path forget what it has to flush.
  package mutating func forgetUnflushedWrites() {
    for position in 0..<table.orderedCount {
      let path = table.ordered(position)
      table[path].cleanEpoch = max(table[path].cleanEpoch, table[path].dirtyEpoch)
    }
    owesFlushError = false
  }
}
